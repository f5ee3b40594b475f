package org.stoneware.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads what the file says once for all servers: tc-properties, system, ha, failover-priority, clients. */
final class ArrayReader {
    private static final int DEFAULT_ELECTION_TIME_SEC = 5;
    private static final int MAX_VOTERS = 15;
    private static final List<String> UNCLEAN_PROMOTIONS = List.of("after-election-time", "operator", "never");
    private static final Pattern CHOICE = Pattern.compile("[a-z][a-z0-9-]{0,40}");
    private static final String NETWORKED = "networked-active-passive";
    private static final String DISK_BASED = "disk-based-active-passive";

    private final Problems problems;
    private final ValueReader values;
    private final HostEnvironment environment;

    ArrayReader(Problems problems, ValueReader values, HostEnvironment environment) {
        this.problems = problems;
        this.values = values;
        this.environment = environment;
    }

    ArrayEntry read(ConfigElement root) {
        ConfigElement servers = root.child("servers");
        List<ConfigElement> groups = mirrorGroups(servers);
        ConfigElement ha = servers == null ? null : servers.child("ha");
        ConfigElement groupHa = groups.size() == 1 ? groups.get(0).child("ha") : null;
        Map<String, Setting<String>> properties = properties(root);
        Setting<String> haMode = haMode(ha, root.position());
        Setting<String> groupMode = haMode(groupHa, root.position());
        Failover failover = failover(root, servers, ha, groupHa, properties);
        warnOfNoVoters(servers, failover);
        return new ArrayEntry(
                values.choice(
                        Source.of(root.at("system", "configuration-model")),
                        List.of("development", "production"),
                        "development",
                        root.position()),
                electionTime(ha, groupHa, groups, root.position()),
                groupHa == null || groupHa.child("mode") == null ? haMode : groupMode,
                failover.priority(),
                failover.voterCount(),
                failover.hasClientVoters(),
                uncleanPromotion(failover, properties),
                clientLogs(root),
                properties,
                groups);
    }

    private static List<ConfigElement> mirrorGroups(@Nullable ConfigElement servers) {
        List<ConfigElement> groups = new ArrayList<>();
        if (servers != null) {
            groups.addAll(servers.children("mirror-group"));
            ConfigElement listed = servers.child("mirror-groups");
            if (listed != null) {
                groups.addAll(listed.children("mirror-group"));
            }
        }
        return groups;
    }

    private Map<String, Setting<String>> properties(ConfigElement root) {
        Map<String, Setting<String>> properties = new LinkedHashMap<>();
        ConfigElement list = root.child("tc-properties");
        for (ConfigElement property : list == null ? List.<ConfigElement>of() : list.children("property")) {
            Source name = Source.of(property, "name");
            Source value = Source.of(property, "value");
            if (name == null || name.text().isEmpty() || value == null) {
                problems.error(
                        property.position(),
                        property.path(),
                        "<property> without " + (value == null ? "value" : "name"),
                        "<property name=\"...\" value=\"...\"/>",
                        "add the attribute");
                continue;
            }
            addProperty(properties, name, value);
        }
        return properties;
    }

    private void addProperty(Map<String, Setting<String>> properties, Source name, Source value) {
        if (!TcProperties.isKnown(name.text())) {
            String nearest = NearestName.of(name.text(), TcProperties.ours());
            problems.notice(
                    name.position(),
                    name.path(),
                    "no component is known to read tc-property '" + ValueReader.shortened(name.text()) + "'",
                    nearest == null ? "it is handed to all of them unchanged" : "did you mean '" + nearest + "'?");
        }
        Setting<String> setting = Setting.read(value.text(), value);
        String overriding = environment.property("com.tc." + name.text());
        if (overriding != null) {
            setting = new Setting<>(
                    overriding, "-Dcom.tc." + name.text() + ", over " + value.origin(), value.position(), false);
        }
        checkOurs(name.text(), setting, value);
        Setting<String> before = properties.put(name.text(), setting);
        if (before != null) {
            problems.warning(
                    name.position(),
                    name.path(),
                    "tc-property '" + name.text() + "' is also set in line "
                            + before.position().line() + "; the later one counts",
                    "delete one");
        }
    }

    /** A word that chooses an implementation must be one; whether its bundle is there shows at start. */
    private void checkOurs(String name, Setting<String> value, Source source) {
        Source effective = new Source(value.value(), source.position(), source.path());
        switch (name) {
            case TcProperties.ELECTION ->
                values.choice(effective, TcProperties.ELECTIONS, TcProperties.ELECTIONS.get(0), source.position());
            case TcProperties.DURABILITY ->
                values.choice(
                        effective, TcProperties.DURABILITIES, TcProperties.DURABILITIES.get(0), source.position());
            case TcProperties.MEMORY_MAX, TcProperties.MAX_DISK -> values.size(effective, 0, source.position());
            case TcProperties.STORAGE, TcProperties.TRANSPORT -> {
                if (!CHOICE.matcher(value.value()).matches()) {
                    problems.error(
                            source.position(),
                            source.path(),
                            "'" + ValueReader.shortened(value.value()) + "' is no name of a "
                                    + name.substring("stoneware.".length()),
                            "small letters, digits and '-'",
                            name.equals(TcProperties.STORAGE) ? "write for example memory" : "write for example aeron");
                }
            }
            default -> {
                // read by the component it belongs to
            }
        }
    }

    private Setting<String> haMode(@Nullable ConfigElement ha, Position near) {
        Source source = Source.of(ha == null ? null : ha.child("mode"));
        Setting<String> mode = values.choice(source, List.of(NETWORKED, DISK_BASED), NETWORKED, near);
        if (source != null && mode.value().equals(DISK_BASED)) {
            problems.error(
                    source.position(),
                    source.path(),
                    "'" + DISK_BASED + "' is refused: servers here never share a disk",
                    NETWORKED,
                    "write " + NETWORKED + " and give each server a data directory of its own");
            return Setting.faulty(NETWORKED, source);
        }
        return mode;
    }

    private Setting<Integer> electionTime(
            @Nullable ConfigElement ha, @Nullable ConfigElement groupHa, List<ConfigElement> groups, Position near) {
        Source source = Source.of(ha == null ? null : ha.at(NETWORKED, "election-time"));
        Source ofGroupHa = Source.of(groupHa == null ? null : groupHa.at(NETWORKED, "election-time"));
        Source ofGroup = groups.size() == 1 ? Source.of(groups.get(0), "election-time") : null;
        Source nearest = ofGroup != null ? ofGroup : ofGroupHa != null ? ofGroupHa : source;
        if (nearest != null && source != null && nearest != source) {
            problems.notice(source.position(), source.path(), "overridden by " + nearest.path(), "");
        }
        return values.integer(nearest, 1, Integer.MAX_VALUE / 1000, DEFAULT_ELECTION_TIME_SEC, near);
    }

    /** What to prefer when not both, consistency and availability, can be had. */
    private record Failover(
            Setting<String> priority, int voterCount, boolean hasClientVoters, @Nullable ConfigElement element) {
        Failover(Setting<String> priority, int voterCount, boolean hasClientVoters) {
            this(priority, voterCount, hasClientVoters, null);
        }

        Failover in(ConfigElement found) {
            return new Failover(priority, voterCount, hasClientVoters, found);
        }
    }

    /** A child of failover-priority, or a property; null when neither is there, because the default depends on the store. */
    private @Nullable Setting<String> uncleanPromotion(Failover failover, Map<String, Setting<String>> properties) {
        ConfigElement element = failover.element();
        ConfigElement written = element == null ? null : element.child("unclean-promotion");
        Setting<String> property = properties.get(TcProperties.UNCLEAN_PROMOTION);
        if (written != null && property != null) {
            problems.error(
                    property.position(),
                    "tc-properties/property@value",
                    TcProperties.UNCLEAN_PROMOTION + " says the same as <unclean-promotion> in line "
                            + written.position().line(),
                    "one of the two",
                    "delete one");
        }
        Source source = Source.of(written);
        if (source == null && property != null) {
            source = new Source(
                    property.value(),
                    property.position(),
                    "tc-properties/property '" + TcProperties.UNCLEAN_PROMOTION + "'");
        }
        if (source == null) {
            return null;
        }
        return values.choice(
                source,
                UNCLEAN_PROMOTIONS,
                UNCLEAN_PROMOTIONS.get(1),
                failover.priority().position());
    }

    private void warnOfNoVoters(@Nullable ConfigElement servers, Failover failover) {
        boolean isPair = servers != null && servers.children("server").size() == 2;
        boolean hasVoters = failover.hasClientVoters() || failover.voterCount() > 0;
        if (isPair && failover.priority().value().equals("consistency") && !hasVoters) {
            problems.warning(
                    failover.priority().position(),
                    "failover-priority/consistency",
                    "consistency with two servers and no voter: whichever server fails, the other stops serving",
                    "let the Tomcats vote with <client-voters/>, or use <voter count=\"1\"/> and bin/start-voter on a third host");
        }
    }

    private Failover failover(
            ConfigElement root,
            @Nullable ConfigElement servers,
            @Nullable ConfigElement ha,
            @Nullable ConfigElement groupHa,
            Map<String, Setting<String>> properties) {
        ConfigElement chosen = null;
        for (ConfigElement place : new ConfigElement[] {root, servers, ha, groupHa}) {
            ConfigElement found = place == null ? null : place.child("failover-priority");
            if (found != null && chosen != null) {
                problems.error(
                        found.position(),
                        found.path(),
                        "<failover-priority> is also set in line "
                                + chosen.position().line(),
                        "once",
                        "delete one");
            }
            chosen = found != null ? found : chosen;
        }
        Setting<String> property = properties.get(TcProperties.FAILOVER_PRIORITY);
        if (chosen == null) {
            return property == null
                    ? new Failover(Setting.ofDefault("availability", root.position()), 0, false)
                    : failoverOf(property);
        }
        if (property != null) {
            problems.error(
                    property.position(),
                    "tc-properties/property@value",
                    TcProperties.FAILOVER_PRIORITY + " says the same as <failover-priority> in line "
                            + chosen.position().line(),
                    "one of the two",
                    "delete one");
        }
        return failoverOf(chosen).in(chosen);
    }

    private Failover failoverOf(ConfigElement element) {
        ConfigElement consistency = element.child("consistency");
        ConfigElement availability = element.child("availability");
        if (consistency != null && availability != null) {
            problems.error(
                    consistency.position(),
                    consistency.path(),
                    "<consistency> beside <availability> in line "
                            + availability.position().line(),
                    "one of the two",
                    "delete one");
        }
        if (consistency != null) {
            ConfigElement voter = consistency.child("voter");
            boolean hasClientVoters = consistency.child("client-voters") != null;
            if (voter != null && hasClientVoters) {
                problems.error(
                        voter.position(),
                        voter.path(),
                        "<voter> beside <client-voters>",
                        "one of the two",
                        "delete one");
            }
            Setting<Integer> count =
                    values.integer(Source.of(voter, "count"), 0, MAX_VOTERS, 0, consistency.position());
            return new Failover(
                    new Setting<>(
                            "consistency", "line " + consistency.position().line(), consistency.position(), false),
                    count.value(),
                    hasClientVoters);
        }
        if (availability != null) {
            return new Failover(
                    new Setting<>(
                            "availability", "line " + availability.position().line(), availability.position(), false),
                    0,
                    false);
        }
        String text = element.text().toLowerCase(Locale.ROOT);
        Source source = new Source(text, element.textPosition(), element.path());
        if (text.isEmpty() && element.child("unclean-promotion") != null) {
            return new Failover(Setting.ofDefault("availability", element.position()), 0, false);
        }
        if (text.isEmpty()) {
            problems.error(
                    element.position(),
                    element.path(),
                    "<failover-priority> is empty",
                    "<availability/> or <consistency/>",
                    "say which of the two matters more when servers lose sight of each other");
        }
        return new Failover(
                values.choice(source, List.of("availability", "consistency"), "availability", element.position()),
                0,
                false);
    }

    /** {@code availability}, {@code consistency}, {@code consistency:client-voters} or {@code consistency:<count>}. */
    private Failover failoverOf(Setting<String> property) {
        String value = property.value();
        if (value.equals("availability") || value.equals("consistency")) {
            return new Failover(property, 0, false);
        }
        if (value.equals("consistency:client-voters")) {
            return new Failover(property.with("consistency"), 0, true);
        }
        if (value.matches("consistency:(\\d|1[0-5])")) {
            return new Failover(
                    property.with("consistency"), Integer.parseInt(value.substring("consistency:".length())), false);
        }
        problems.error(
                property.position(),
                "tc-properties/property@value",
                TcProperties.FAILOVER_PRIORITY + " '" + ValueReader.shortened(value) + "' is unknown",
                "availability, consistency, consistency:client-voters, consistency:<0 to " + MAX_VOTERS + " voters>",
                NearestName.advice(value, List.of("availability", "consistency"), "write one of these"));
        return new Failover(property.with("availability"), 0, false);
    }

    /** Kept as written: it is expanded in each client's JVM. */
    private static Setting<String> clientLogs(ConfigElement root) {
        Source source = Source.of(root.at("clients", "logs"));
        return source == null || source.text().isEmpty()
                ? Setting.ofDefault("logs-%i", root.position())
                : Setting.read(source.text(), source);
    }
}

package org.stoneware.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.config.Problem.Severity;
import org.stoneware.spi.storage.Durability;

/** What a configuration says: problems, servers, settings, and where each value came from. Immutable. */
public final class TcConfig {
    private static final String NO_ELECTION_PROPERTY = "networked-active-passive";

    private final ConfigText text;
    private final List<Problem> problems;
    private final List<ServerEntry> servers;
    private final @Nullable ArrayEntry array;
    private final HostEnvironment environment;

    TcConfig(
            ConfigText text,
            List<Problem> problems,
            List<ServerEntry> servers,
            @Nullable ArrayEntry array,
            HostEnvironment environment) {
        this.text = text;
        this.servers = List.copyOf(servers);
        this.array = array;
        this.environment = environment;
        List<Problem> all = new ArrayList<>(problems);
        all.addAll(new HostRules(this.servers, environment).ofAll());
        this.problems = List.copyOf(all);
    }

    public ConfigText text() {
        return text;
    }

    /** Everything to say about the file, whichever server starts from it. */
    public List<Problem> problems() {
        return problems;
    }

    /** Everything to say when the server at {@code self} starts from it, {@link #problems()} included. */
    public List<Problem> problems(int self) {
        List<Problem> all = new ArrayList<>(problems);
        all.addAll(new HostRules(servers, environment).of(self));
        return all;
    }

    public boolean isValid() {
        return array != null && isValid(problems);
    }

    /** No error among them. */
    public static boolean isValid(List<Problem> problems) {
        return problems.stream().noneMatch(problem -> problem.severity() == Severity.ERROR);
    }

    /** Names in file order. */
    public List<String> serverNames() {
        return servers.stream().map(server -> server.name().value()).toList();
    }

    /**
     * Finds out which server is meant: by name, or the only one, or the only one whose host is this machine.
     *
     * @param name name asked for, or null.
     */
    public ServerChoice choose(@Nullable String name) {
        if (name != null) {
            int position = serverNames().indexOf(name);
            return position >= 0
                    ? ServerChoice.of(position)
                    : ServerChoice.none("there is no server named '" + ValueReader.shortened(name) + "' in "
                            + text.source() + "; it has " + describeServers()
                            + "; " + NearestName.advice(name, serverNames(), "use one of them with -n"));
        }
        if (servers.size() == 1) {
            return ServerChoice.of(0);
        }
        int[] local = IntStream.range(0, servers.size())
                .filter(position -> isLocal(servers.get(position)))
                .toArray();
        if (local.length == 1) {
            return ServerChoice.of(local[0]);
        }
        return ServerChoice.none((local.length == 0
                        ? "none of the servers in " + text.source() + " has a host of this machine"
                        : local.length + " servers in " + text.source() + " have a host of this machine")
                + ": " + describeServers() + "; say which one is meant with -n NAME");
    }

    /**
     * File of the array's key; null when there is none. Whether it can be used is for {@link org.stoneware.api.config.ArrayKey#read}
     * to say.
     *
     * @param home installation directory; null when there is none.
     */
    public @Nullable Path arrayKey(@Nullable Path home) {
        Setting<String> named = requireArray().properties().get(TcProperties.ARRAY_KEY);
        return ArrayKeyRule.locate(named == null ? null : named.value(), text, home);
    }

    /**
     * Settings with the server at {@code self} as this one.
     *
     * @param home installation directory; null when there is none.
     */
    public ArraySettings settings(int self, @Nullable Path home) {
        ArrayEntry of = requireArray();
        ServerEntry own = servers.get(self);
        Map<String, String> properties = new HashMap<>();
        of.properties().forEach((name, value) -> properties.put(name, value.value()));
        properties.remove(TcProperties.ARRAY_KEY);
        Path key = arrayKey(home);
        if (key != null) {
            properties.put(TcProperties.ARRAY_KEY, key.toString());
        }
        properties.remove(ArraySettings.PASSWORD_FILE);
        properties.remove(ArraySettings.ACCESS_FILE);
        ServerEntry.Accounts accounts = own.accounts();
        if (accounts != null) {
            properties.put(
                    ArraySettings.PASSWORD_FILE, accounts.passwords().value().toString());
            if (accounts.rights() != null) {
                properties.put(
                        ArraySettings.ACCESS_FILE, accounts.rights().value().toString());
            }
        }
        return new ArraySettings(
                text.source(),
                text.text(),
                self,
                IntStream.range(0, servers.size())
                        .mapToObj(this::serverSettings)
                        .toList(),
                of.configurationModel().value().equals("production"),
                own.reconnectWindowSec().value(),
                own.sweepEnabled().value(),
                own.sweepVerbose().value(),
                own.sweepIntervalSec().value(),
                of.electionTimeSec().value(),
                of.failoverPriority().value(),
                of.voterCount(),
                of.hasClientVoters(),
                uncleanPromotion(of, own).value(),
                of.clientLogs().isDefault() ? "" : of.clientLogs().value(),
                properties);
    }

    private static Setting<String> uncleanPromotion(ArrayEntry of, ServerEntry server) {
        Setting<String> written = of.uncleanPromotion();
        return written != null
                ? written
                : Setting.ofDefault(
                        ArraySettings.defaultUncleanPromotion(server.mode().value()),
                        of.failoverPriority().position());
    }

    /** Settings of a server without installation directory. */
    public ArraySettings settings(int self) {
        return settings(self, null);
    }

    /** Every value in effect with its origin, as {@code --check} prints it. */
    public List<EffectiveValue> effectiveValues() {
        ArrayEntry of = requireArray();
        BindRule binds = new BindRule(servers, environment);
        List<EffectiveValue> values = new ArrayList<>();
        for (int position = 0; position < servers.size(); position++) {
            addServer(values, position, binds);
        }
        add(values, "servers/ha/mode", of.haMode());
        add(values, "servers/ha/networked-active-passive/election-time", of.electionTimeSec(), "s");
        add(values, "failover-priority", of.failoverPriority());
        if (of.failoverPriority().value().equals("consistency")) {
            String voters = of.hasClientVoters() ? "Tomcats" : String.valueOf(of.voterCount());
            values.add(new EffectiveValue(
                    "failover-priority voters", voters, of.failoverPriority().origin()));
        } else {
            add(values, "failover-priority/unclean-promotion", uncleanPromotion(of, servers.get(0)));
        }
        add(values, "system/configuration-model", of.configurationModel());
        add(values, "clients/logs", of.clientLogs());
        new TreeMap<>(of.properties()).forEach((name, value) -> add(values, "tc-property " + name, value));
        addChoice(values, of, TcProperties.STORAGE, servers.get(0).mode().value());
        addChoice(values, of, TcProperties.TRANSPORT, "aeron");
        addChoice(values, of, TcProperties.ELECTION, NO_ELECTION_PROPERTY);
        return values;
    }

    private static void addChoice(List<EffectiveValue> values, ArrayEntry of, String property, String byDefault) {
        if (!of.properties().containsKey(property)) {
            values.add(new EffectiveValue("tc-property " + property, byDefault, "default"));
        }
    }

    private void addServer(List<EffectiveValue> values, int position, BindRule binds) {
        ServerEntry server = servers.get(position);
        String prefix = server.path() + " ";
        ServerSettings settings = serverSettings(position);
        add(values, prefix + "name", server.name());
        add(values, prefix + "host", server.host());
        for (int port = 0; port < server.ports().size(); port++) {
            PortEntry entry = server.port(port);
            Setting<String> address = binds.address(server, port);
            add(values, prefix + entry.name(), entry.port());
            add(values, prefix + entry.name() + "@bind", address);
        }
        values.add(new EffectiveValue(
                prefix + "data",
                settings.dataDirectory().toString(),
                server.data().origin()));
        values.add(new EffectiveValue(
                prefix + "logs",
                server.isLogsToConsole()
                        ? "console only"
                        : settings.logsDirectory().toString(),
                server.logs().origin()));
        add(values, prefix + "data-backup", server.backup());
        add(values, prefix + "persistence/mode", server.mode());
        add(values, prefix + "persistence/offheap", memoryForSessions(server), "bytes");
        add(values, prefix + "client-reconnect-window", server.reconnectWindowSec(), "s");
        add(values, prefix + "garbage-collection/enabled", server.sweepEnabled());
        add(values, prefix + "garbage-collection/verbose", server.sweepVerbose());
        add(values, prefix + "garbage-collection/interval", server.sweepIntervalSec(), "s");
        ServerEntry.Accounts accounts = server.accounts();
        if (accounts != null) {
            add(values, prefix + "authentication/mode/password-file", accounts.passwords());
            if (accounts.rights() != null) {
                add(values, prefix + "authentication/access-file", accounts.rights());
            }
        }
    }

    private static void add(List<EffectiveValue> values, String name, Setting<?> setting) {
        values.add(new EffectiveValue(name, String.valueOf(setting.value()), setting.origin()));
    }

    private static void add(List<EffectiveValue> values, String name, Setting<?> setting, String unit) {
        values.add(new EffectiveValue(name, setting.value() + " " + unit, setting.origin()));
    }

    private ServerSettings serverSettings(int position) {
        ServerEntry server = servers.get(position);
        BindRule binds = new BindRule(servers, environment);
        String directory = server.directoryName();
        return new ServerSettings(
                position,
                server.name().value(),
                server.host().value(),
                binds.address(server, ServerEntry.CLIENT).value(),
                server.port(ServerEntry.CLIENT).port().value(),
                binds.address(server, ServerEntry.JMX).value(),
                server.port(ServerEntry.JMX).port().value(),
                binds.address(server, ServerEntry.GROUP).value(),
                server.port(ServerEntry.GROUP).port().value(),
                binds.address(server, ServerEntry.MANAGEMENT).value(),
                server.port(ServerEntry.MANAGEMENT).port().value(),
                server.data().value().resolve(directory),
                server.logs().value().resolve(directory),
                server.isLogsToConsole(),
                server.backup().value().resolve(directory),
                server.mode().value(),
                memoryForSessions(server).value(),
                maxDiskBytes(),
                durability());
    }

    private long maxDiskBytes() {
        Setting<String> property = requireArray().properties().get(TcProperties.MAX_DISK);
        return property == null ? 0 : ValueReader.bytes(property.value());
    }

    private Durability durability() {
        Setting<String> property = requireArray().properties().get(TcProperties.DURABILITY);
        return property != null && property.value().equals(TcProperties.DURABILITIES.get(1))
                ? Durability.REPLICATED
                : Durability.FSYNC;
    }

    /** offheap says it; else the tc-property; else the machine. */
    private Setting<Long> memoryForSessions(ServerEntry server) {
        Setting<Long> ofServer = server.maxMemoryBytes();
        if (ofServer.value() > 0) {
            return ofServer;
        }
        Setting<String> property = requireArray().properties().get(TcProperties.MEMORY_MAX);
        if (property != null) {
            return ofServer.with(ValueReader.bytes(property.value())).withOrigin(property.origin());
        }
        MachineMemory machine = MachineMemory.ofThisProcess();
        return ofServer.with(machine.sessionBytes()).withOrigin(machine.origin());
    }

    private String describeServers() {
        return servers.stream()
                .map(server -> server.name().value() + " (host " + server.host().value()
                        + (isLocal(server) ? ", this machine" : "") + ")")
                .collect(Collectors.joining(", "));
    }

    private boolean isLocal(ServerEntry server) {
        return environment.facts(server.host().value()).isLocal();
    }

    private ArrayEntry requireArray() {
        if (array == null) {
            throw new IllegalStateException("the configuration is not valid: source=" + text.source());
        }
        return array;
    }
}

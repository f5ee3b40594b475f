package org.stoneware.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.stoneware.config.ValueReader.Substituted;

/** Reads one {@code <server>}: typed values, defaults, derived ports, and the places later schemas put things. */
final class ServerReader {
    static final List<String> MODES = List.of("temporary-swap-only", "permanent-store");
    private static final int DEFAULT_RECONNECT_WINDOW_SEC = 120;
    private static final int DEFAULT_SWEEP_INTERVAL_SEC = 3600;

    private final Problems problems;
    private final ValueReader values;
    private final @Nullable ConfigElement servers;
    private final HostEnvironment environment;
    private final int defaultClientPort;
    private final boolean isSweepEnabledByDefault;

    /**
     * @param servers                 the {@code <servers>} element, where later schemas put what v6 has per server.
     * @param defaultClientPort       9510, or 9410 for a file of version 10.
     * @param isSweepEnabledByDefault true for v6, false once the file uses names of a later schema.
     */
    ServerReader(
            Problems problems,
            ValueReader values,
            @Nullable ConfigElement servers,
            HostEnvironment environment,
            int defaultClientPort,
            boolean isSweepEnabledByDefault) {
        this.problems = problems;
        this.values = values;
        this.servers = servers;
        this.environment = environment;
        this.defaultClientPort = defaultClientPort;
        this.isSweepEnabledByDefault = isSweepEnabledByDefault;
    }

    ServerEntry read(@Nullable ConfigElement server) {
        Position near = server != null ? server.position() : servers != null ? servers.position() : new Position(1, 1);
        String path = server == null ? "servers" : server.path();
        refuseSecure(server);
        List<PortEntry> ports = ports(server, near);
        Substituted hostText = values.text(nonEmpty(Source.of(server, "host"), "an address or host name"));
        Substituted nameText = values.text(nonEmpty(Source.of(server, "name"), "a name"));
        Setting<String> host;
        boolean isHostAddress;
        if (hostText != null) {
            host = checkedHost(hostText.setting(), path + "@host");
            isHostAddress = hostText.usesHostAddress();
        } else if (nameText != null) {
            host = nameText.setting().withOrigin("default: the server's name");
            isHostAddress = false;
        } else {
            host = Setting.ofDefault(environment.hostAddress(), near).withOrigin("default: %i");
            isHostAddress = true;
        }
        Setting<String> name = nameText != null ? nameText.setting() : implicitName(host, ports.get(0), near);
        Source logsSource = Source.of(child(server, "logs"));
        boolean isLogsToConsole = logsSource != null
                && (logsSource.text().equals("stdout:") || logsSource.text().equals("stderr:"));
        Setting<Path> logs = isLogsToConsole && logsSource != null
                ? Setting.read(Path.of("logs"), logsSource)
                : values.path(logsSource, "logs", near);
        Substituted bind = values.text(nonEmpty(Source.of(server, "bind"), "a local address, or 0.0.0.0"));
        return new ServerEntry(
                server,
                near,
                path,
                name,
                host,
                isHostAddress,
                bind == null ? null : bind.setting(),
                values.path(Source.of(child(server, "data")), "data", near),
                logs,
                isLogsToConsole,
                values.path(Source.of(child(server, "data-backup")), "data-backup", near),
                ports,
                mode(server, near),
                maxMemory(server, near),
                reconnectWindow(server, near),
                values.bool(sweep(server, "enabled"), isSweepEnabledByDefault, near),
                values.bool(sweep(server, "verbose"), false, near),
                values.integer(sweep(server, "interval"), 1, Integer.MAX_VALUE, DEFAULT_SWEEP_INTERVAL_SEC, near),
                accounts(server, near));
    }

    /** Terracotta fell back to files of the JRE where this element names none; a server with accounts nobody chose is refused here. */
    private ServerEntry.@Nullable Accounts accounts(@Nullable ConfigElement server, Position near) {
        ConfigElement authentication = child(server, "authentication");
        if (authentication == null) {
            return null;
        }
        Source passwords = Source.of(authentication.at("mode", "password-file"));
        Source rights = Source.of(authentication.child("access-file"));
        if (passwords == null || passwords.text().isEmpty()) {
            problems.error(
                    authentication.position(),
                    authentication.path(),
                    "<authentication> names no password file",
                    "<mode><password-file>conf/management.password</password-file></mode>",
                    "name one, or remove <authentication>: then JMX, shell and changes over HTTP are for this machine alone");
            return null;
        }
        return new ServerEntry.Accounts(
                values.path(passwords, "management.password", near),
                rights == null || rights.text().isEmpty() ? null : values.path(rights, "management.access", near));
    }

    private void refuseSecure(@Nullable ConfigElement server) {
        for (ConfigElement element : new ConfigElement[] {server, servers}) {
            Source secure = Source.of(element, "secure");
            if (secure != null && values.bool(secure, false, secure.position()).value()) {
                problems.error(
                        secure.position(),
                        secure.path(),
                        "secure=\"true\" is refused: TLS is not implemented",
                        "secure=\"false\"",
                        "remove it and protect the ports by other means, for example a firewall");
            }
        }
    }

    private List<PortEntry> ports(@Nullable ConfigElement server, Position near) {
        PortEntry client = port(server, "dso-port", "tsa-port", near);
        if (client.port().isDefault()) {
            client = new PortEntry("dso-port", client.port().with(defaultClientPort), client.bind());
        }
        return List.of(
                client,
                derived(port(server, "jmx-port", "", near), client, 10),
                derived(port(server, "l2-group-port", "tsa-group-port", near), client, 20),
                derived(port(server, "management-port", "", near), client, 30));
    }

    private PortEntry port(@Nullable ConfigElement server, String name, String alias, Position near) {
        ConfigElement element = eitherOf(child(server, name), alias.isEmpty() ? null : child(server, alias));
        Setting<Integer> port = values.integer(Source.of(element), 0, ValueReader.MAX_PORT, exampleOf(name), near);
        if (element != null && element.name().equals(alias) && !port.isDefault()) {
            port = port.withOrigin(port.origin() + ", read from " + alias);
        }
        if (!port.isDefault() && !port.isFaulty() && port.value() == 0) {
            problems.warning(
                    port.position(),
                    element == null ? "" : element.path(),
                    "0 means any free port, which nobody else can know",
                    "write a number from 1 to " + ValueReader.MAX_PORT);
        }
        Substituted bind = values.text(nonEmpty(Source.of(element, "bind"), "a local address, or 0.0.0.0"));
        return new PortEntry(name, port, bind == null ? null : bind.setting());
    }

    private int exampleOf(String name) {
        return switch (name) {
            case "jmx-port" -> defaultClientPort + 10;
            case "l2-group-port" -> defaultClientPort + 20;
            case "management-port" -> defaultClientPort + 30;
            default -> defaultClientPort;
        };
    }

    /** Terracotta's rule, odd wrap included: a sum beyond the last port starts again above the privileged ones. */
    private static PortEntry derived(PortEntry entry, PortEntry client, int distance) {
        if (!entry.port().isDefault()) {
            return entry;
        }
        int base = client.port().value();
        int sum = base + distance;
        int value = base == 0 ? 0 : sum <= ValueReader.MAX_PORT ? sum : sum % ValueReader.MAX_PORT + 4095;
        Setting<Integer> port = new Setting<>(
                value,
                "derived from dso-port + " + distance,
                client.port().position(),
                client.port().isFaulty());
        return new PortEntry(entry.name(), port, entry.bind());
    }

    private Setting<String> mode(@Nullable ConfigElement server, Position near) {
        ConfigElement own = at(server, "dso", "persistence", "mode");
        ConfigElement restartable = child(servers, "restartable");
        if (own != null && restartable != null) {
            bothNames(own, restartable);
        }
        if (own == null && restartable != null) {
            Setting<Boolean> enabled = values.bool(Source.of(restartable, "enabled"), false, restartable.position());
            return enabled.with(enabled.value() ? "permanent-store" : "temporary-swap-only")
                    .withOrigin(enabled.origin() + ", read from restartable");
        }
        return values.choice(Source.of(own), MODES, "temporary-swap-only", near);
    }

    private Setting<Integer> reconnectWindow(@Nullable ConfigElement server, Position near) {
        ConfigElement element =
                eitherOf(at(server, "dso", "client-reconnect-window"), child(servers, "client-reconnect-window"));
        Setting<Integer> window =
                values.integer(Source.of(element), 0, Integer.MAX_VALUE / 1000, DEFAULT_RECONNECT_WINDOW_SEC, near);
        if (element != null && !window.isFaulty() && window.value() == 0) {
            problems.warning(
                    window.position(),
                    element.path(),
                    "0 seconds: after a failover the identity of a Tomcat that is late is not kept at all",
                    "write at least 1; 120 is the default");
        }
        return window;
    }

    private @Nullable Source sweep(@Nullable ConfigElement server, String name) {
        ConfigElement collection =
                eitherOf(at(server, "dso", "garbage-collection"), child(servers, "garbage-collection"));
        return Source.of(child(collection, name));
    }

    private Setting<Long> maxMemory(@Nullable ConfigElement server, Position near) {
        ConfigElement offheap = eitherOf(at(server, "dso", "persistence", "offheap"), child(server, "offheap"));
        ConfigElement dataStorage = child(server, "dataStorage");
        if (offheap != null && dataStorage != null) {
            bothNames(offheap, dataStorage);
        }
        if (dataStorage != null) {
            Source nested = Source.of(child(dataStorage, "offheap"), "size");
            return values.size(nested != null ? nested : Source.of(dataStorage, "size"), 0, near);
        }
        if (offheap == null) {
            return Setting.ofDefault(0L, near);
        }
        Setting<Boolean> enabled = values.bool(Source.of(child(offheap, "enabled")), false, offheap.position());
        Source size = Source.of(child(offheap, "maxDataSize"));
        if (size == null || size.text().isEmpty()) {
            problems.error(
                    offheap.position(),
                    offheap.path(),
                    "<offheap> without <maxDataSize>",
                    "a size such as 512m or 2g",
                    "add <maxDataSize>, or remove <offheap>");
            return Setting.ofDefault(0L, near);
        }
        Setting<Long> bytes = values.size(size, 0, near);
        return enabled.value() ? bytes : bytes.with(0L);
    }

    private Setting<String> implicitName(Setting<String> host, PortEntry client, Position near) {
        String value = client.port().value() == 0
                ? host.value()
                : host.value() + ":" + client.port().value();
        return Setting.ofDefault(value, near).withOrigin("default: host:dso-port");
    }

    private Setting<String> checkedHost(Setting<String> host, String path) {
        String value = host.value();
        boolean isBracketed = value.startsWith("[") && value.endsWith("]");
        if (isBracketed) {
            return host.with(value.substring(1, value.length() - 1));
        }
        int colon = value.indexOf(':');
        boolean hasPort = colon >= 0 && value.indexOf(':', colon + 1) < 0;
        if (!host.isFaulty() && (hasPort || value.length() > 255 || value.matches(".*[\\s/,].*"))) {
            problems.error(
                    host.position(),
                    path,
                    "'" + ValueReader.shortened(value) + "' is not a host",
                    "one host name or address of at most 255 characters",
                    hasPort ? "write the port into <dso-port>" : "write one host only");
            return new Setting<>(value, host.origin(), host.position(), true);
        }
        return host;
    }

    private @Nullable Source nonEmpty(@Nullable Source source, String allowed) {
        if (source != null && source.text().isEmpty()) {
            problems.error(
                    source.position(), source.path(), "'' is empty", allowed, "fill it in, or remove the attribute");
            return null;
        }
        return source;
    }

    private @Nullable ConfigElement eitherOf(@Nullable ConfigElement first, @Nullable ConfigElement alias) {
        if (first != null && alias != null) {
            bothNames(first, alias);
        }
        return first != null ? first : alias;
    }

    private void bothNames(ConfigElement first, ConfigElement alias) {
        problems.error(
                alias.position(),
                alias.path(),
                "<" + alias.name() + "> says the same as <" + first.name() + "> in line "
                        + first.position().line(),
                "one of the two",
                "delete one");
    }

    private static @Nullable ConfigElement child(@Nullable ConfigElement element, String name) {
        return element == null ? null : element.child(name);
    }

    private static @Nullable ConfigElement at(@Nullable ConfigElement element, String... names) {
        return element == null ? null : element.at(names);
    }
}

package org.stoneware.launcher;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.config.ServerChoice;
import org.stoneware.config.TcConfig;

/** {@code server-stat}: one block of lines per server, Terracotta's four first; exit code 1 when one is not well. */
final class ServerStat {
    private static final String USAGE =
            """
            Usage: server-stat [-s HOST[:MANAGEMENT-PORT],...] [-f FILE] [-n NAME]
              -s, --servers LIST  servers to ask; otherwise those of the configuration
              -f, --config FILE   tc-config.xml; found like start-server does
              -n, --name NAME     only this server of the file
              -h, -?, --help      print this
            Prints per server HOST.health, .role, .state, .jmxport, and .error when it does not answer.
            Servers with accounts are asked with the 'user password' in the file STONEWARE_LOGIN_FILE names.
            Exit codes: 0 all are well, 1 at least one is not, 2 bad option or configuration.""";
    private static final int DEFAULT_MANAGEMENT_PORT = 9540;
    private static final String CLUSTER = "/api/v1/cluster";

    private final Terminal terminal;

    ServerStat(Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * A server to ask.
     *
     * @param key     first word of its lines.
     * @param jmxPort from the configuration; 0 when unknown.
     */
    private record Target(String key, String host, int managementPort, int jmxPort) {}

    int run(List<String> arguments) throws ProgramException {
        Options options = new Options("server-stat", USAGE)
                .value("--servers", "-s")
                .value("--config", "-f")
                .value("--name", "-n")
                .parse(arguments);
        if (options.isGiven("--help")) {
            terminal.out().println(options.usage());
            return ExitCode.CLEAN;
        }
        String list = options.get("--servers");
        if (list != null && (options.isGiven("--config") || options.isGiven("--name"))) {
            throw new ProgramException(
                    ExitCode.CONFIGURATION, "server-stat: -s names the servers itself; leave out -f and -n");
        }
        @Nullable String logIn = ManagementPortClient.logIn(terminal, "server-stat");
        List<Target> targets = list != null ? listed(list) : configured(options.get("--config"), options.get("--name"));
        boolean isAllWell = true;
        for (int index = 0; index < targets.size(); index++) {
            if (index > 0) {
                terminal.out().println();
            }
            isAllWell &= report(targets.get(index), logIn);
        }
        return isAllWell ? ExitCode.CLEAN : ExitCode.FAILED;
    }

    private boolean report(Target target, @Nullable String logIn) {
        ManagementPortClient client = new ManagementPortClient(target.host(), target.managementPort(), logIn);
        try {
            ManagementPortClient.Answer answer = client.get(CLUSTER);
            if (answer.status() == 401) {
                return down(target, client.address() + " " + ManagementPortClient.logInWanted(logIn));
            }
            if (answer.status() != 200) {
                return down(target, client.address() + " answers HTTP " + answer.status() + ": no Stoneware server?");
            }
            return up(target, JsonTree.object(answer.body()));
        } catch (IOException e) {
            return down(target, client.address() + ": " + ManagementPortClient.reason(e));
        }
    }

    private boolean up(Target target, Map<String, Object> cluster) {
        String self = JsonTree.text(cluster, "self");
        Map<String, Object> server = JsonTree.objects(cluster, "servers").stream()
                .filter(candidate -> JsonTree.text(candidate, "name").equals(self))
                .findFirst()
                .orElse(Map.of());
        String state = JsonTree.text(server, "role");
        if (state.isEmpty()) {
            return down(
                    target,
                    target.host() + ":" + target.managementPort() + " answers, but not like a Stoneware server");
        }
        List<String> problems = JsonTree.texts(cluster, "problems");
        String jmxPort = JsonTree.text(server, "jmxPort");
        print(target, "health", problems.isEmpty() ? "OK" : "FAILED");
        print(target, "role", shortRole(state));
        print(target, "state", state);
        print(target, "jmxport", jmxPort.isEmpty() ? portText(target.jmxPort()) : jmxPort);
        printIfAny(target, "detail", JsonTree.text(server, "detail"));
        printIfAny(target, "storage", JsonTree.text(JsonTree.object(cluster, "storage"), "detail"));
        for (String problem : problems) {
            print(target, "error", problem);
        }
        return problems.isEmpty();
    }

    private boolean down(Target target, String error) {
        print(target, "health", "FAILED");
        print(target, "role", "unknown");
        print(target, "state", "unknown");
        print(target, "jmxport", portText(target.jmxPort()));
        print(target, "error", error);
        return false;
    }

    private void printIfAny(Target target, String name, String value) {
        if (!value.isEmpty()) {
            print(target, name, value);
        }
    }

    private void print(Target target, String name, String value) {
        terminal.out().println(target.key() + "." + name + ": " + PrintableText.of(value));
    }

    private static String shortRole(String state) {
        for (ServerRole role : ServerRole.values()) {
            if (role.stateName().equals(state)) {
                return role.shortName();
            }
        }
        return "unknown";
    }

    private static String portText(int port) {
        return port == 0 ? "unknown" : String.valueOf(port);
    }

    private List<Target> configured(@Nullable String file, @Nullable String name) throws ProgramException {
        TcConfig config = new ConfigLocator(terminal).load(file);
        if (!config.isValid()) {
            ConfigReport.printProblems(terminal.err(), config.text().source(), config.problems());
            throw new ProgramException(
                    ExitCode.CONFIGURATION, "server-stat: " + config.text().source() + " is not valid");
        }
        ServerChoice choice = name == null ? null : config.choose(name);
        if (choice != null && !choice.isChosen()) {
            throw new ProgramException(ExitCode.CONFIGURATION, "server-stat: " + choice.problem());
        }
        ArraySettings settings = config.settings(0);
        Map<String, Integer> serversOfHost = new HashMap<>();
        settings.servers().forEach(server -> serversOfHost.merge(server.host(), 1, Integer::sum));
        List<Target> targets = new ArrayList<>();
        for (ServerSettings server : settings.servers()) {
            if (choice == null || choice.position() == server.position()) {
                boolean isHostUnique = Integer.valueOf(1).equals(serversOfHost.get(server.host()));
                targets.add(new Target(
                        isHostUnique ? server.host() : server.name(),
                        reachableAddress(server),
                        server.managementPort(),
                        server.jmxPort()));
            }
        }
        return targets;
    }

    /** The address to ask at: where the port is bound, or the host when it is bound everywhere. */
    static String reachableAddress(ServerSettings server) {
        String address = server.managementAddress();
        return address.equals("0.0.0.0") || address.equals("::") ? server.host() : address;
    }

    private static List<Target> listed(String list) throws ProgramException {
        List<Target> targets = new ArrayList<>();
        Map<String, Integer> serversOfHost = new HashMap<>();
        List<HostPort> addresses = new ArrayList<>();
        for (String item : list.split(",")) {
            if (!item.isBlank()) {
                HostPort address = HostPort.parse(item.strip(), DEFAULT_MANAGEMENT_PORT);
                addresses.add(address);
                serversOfHost.merge(address.host(), 1, Integer::sum);
            }
        }
        if (addresses.isEmpty()) {
            throw new ProgramException(ExitCode.CONFIGURATION, "server-stat: -s names no server");
        }
        for (HostPort address : addresses) {
            boolean isHostUnique = Integer.valueOf(1).equals(serversOfHost.get(address.host()));
            targets.add(new Target(
                    isHostUnique ? address.host() : address.host() + ":" + address.port(),
                    address.host(),
                    address.port(),
                    0));
        }
        return targets;
    }

    /** {@code host}, {@code host:port}, {@code [ipv6]:port}. */
    private record HostPort(String host, int port) {
        static HostPort parse(String text, int defaultPort) throws ProgramException {
            int bracket = text.lastIndexOf(']');
            int colon = text.lastIndexOf(':');
            boolean isBareIpV6 = bracket < 0 && text.indexOf(':') != colon;
            boolean hasPort = colon > bracket && !isBareIpV6;
            String host =
                    (hasPort ? text.substring(0, colon) : text).replace("[", "").replace("]", "");
            String port = hasPort ? text.substring(colon + 1) : String.valueOf(defaultPort);
            if (host.isEmpty() || !port.matches("\\d{1,5}") || Integer.parseInt(port) > 65535) {
                throw new ProgramException(
                        ExitCode.CONFIGURATION,
                        "server-stat: '" + text + "' is not a server; allowed: HOST or HOST:MANAGEMENT-PORT");
            }
            return new HostPort(host, Integer.parseInt(port));
        }
    }
}

package org.stoneware.drill;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ArrayKey;
import org.stoneware.api.config.ArrayKeyException;
import org.stoneware.api.config.LogInFile;
import org.stoneware.api.config.ManagementAccessException;
import org.stoneware.client.ClientSettings;
import org.stoneware.client.SessionClient;
import org.stoneware.client.SessionClients;
import org.stoneware.config.ConfigText;
import org.stoneware.config.Problem;
import org.stoneware.config.SystemHostEnvironment;
import org.stoneware.config.TcConfig;
import org.stoneware.config.TcConfigParser;
import org.stoneware.drill.CountedSession.Comparison;
import org.stoneware.liveness.LivenessSettings;
import org.stoneware.liveness.TcpLivenessNetwork;
import org.stoneware.transport.aeron.AeronTransportProvider;

/**
 * Holds a drill: counts in sessions of its own while the active role changes hands, then compares every session with what was
 * acknowledged.
 */
public final class Drill {
    private static final String CONFIG_FILE = "tc-config.xml";
    private static final String NAME = "drill";
    private static final long OPERATION_TIMEOUT_MS = 20_000;
    private static final int MAX_SESSION_BYTES = 64 * 1024;
    private static final long TAKEOVER_LIMIT_NS = TimeUnit.SECONDS.toNanos(15);
    private static final long POLL_MS = 10;
    /** Kept, or its level would be forgotten. */
    private static final Logger LOG = Logger.getLogger("org.stoneware");

    private final DrillOptions options;
    private final PrintStream out;
    private final List<ManagedServer> servers;
    private final @Nullable ArrayKey key;

    Drill(DrillOptions options, PrintStream out, TcConfig config, Map<String, String> environment)
            throws DrillException {
        this.options = options;
        this.out = out;
        String logIn = logIn(environment);
        this.servers = config.settings(0).servers().stream()
                .map(server -> new ManagedServer(server, logIn))
                .toList();
        this.key = key(config);
    }

    public static void main(String[] arguments) {
        // The client tells what it does; here the figures tell.
        LOG.setLevel(Level.SEVERE);
        int exitCode = run(List.of(arguments), System.getenv(), System.out, System.err);
        System.out.flush();
        System.exit(exitCode);
    }

    static int run(List<String> arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
        try {
            DrillOptions options = DrillOptions.parse(arguments);
            if (options.isHelp()) {
                out.println(DrillOptions.USAGE);
                return 0;
            }
            DrillReport report = new Drill(options, out, config(options.configFile()), environment).hold();
            report.print(out);
            return report.isPassed() ? 0 : DrillException.FAILED;
        } catch (DrillException e) {
            err.println(e.getMessage());
            return e.exitCode();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return DrillException.FAILED;
        }
    }

    private static TcConfig config(@Nullable String named) throws DrillException {
        Path file = named == null ? found() : Path.of(named);
        Path absolute = file.toAbsolutePath().normalize();
        List<Problem> problems = new ArrayList<>();
        String text;
        try {
            text = TcConfigParser.decode(Files.readAllBytes(absolute), problems);
        } catch (IOException e) {
            throw configuration(absolute + " can't be read; name the tc-config.xml with -f");
        }
        Path parent = absolute.getParent();
        if (text == null || parent == null) {
            throw configuration(absolute + " is no tc-config.xml");
        }
        TcConfig config = new TcConfigParser(new SystemHostEnvironment())
                .parse(new ConfigText(absolute.toString(), parent, text));
        if (!config.isValid()) {
            throw configuration(config.problems().get(0).format(absolute.toString()));
        }
        return config;
    }

    /** The secret a Tomcat of this array proves itself by; null when it has none. */
    private static @Nullable ArrayKey key(TcConfig config) throws DrillException {
        Path file = config.arrayKey(home());
        try {
            return file == null ? null : ArrayKey.read(file);
        } catch (ArrayKeyException e) {
            throw configuration(e.text());
        }
    }

    private static @Nullable String logIn(Map<String, String> environment) throws DrillException {
        try {
            return LogInFile.authorization(environment);
        } catch (ManagementAccessException e) {
            throw configuration(e.text());
        }
    }

    private static Path home() {
        return Path.of(System.getProperty("stoneware.home", ".")).toAbsolutePath();
    }

    private static Path found() {
        Path here = Path.of(CONFIG_FILE);
        return Files.exists(here) ? here : home().resolve("conf").resolve(CONFIG_FILE);
    }

    private static DrillException configuration(String what) {
        return new DrillException(DrillException.CONFIGURATION, "drill: " + what);
    }

    private static DrillException failed(String what) {
        return new DrillException(DrillException.FAILED, "drill: " + what);
    }

    private DrillReport hold() throws DrillException, InterruptedException {
        ManagedServer active = active();
        requireStandby(active);
        ClientSettings settings = new ClientSettings(
                servers.stream().map(ManagedServer::clientAddress).toList(),
                NAME,
                "drill",
                OPERATION_TIMEOUT_MS,
                OPERATION_TIMEOUT_MS,
                MAX_SESSION_BYTES);
        try (SessionClient client = SessionClients.open(
                settings,
                new AeronTransportProvider(),
                new TcpLivenessNetwork(LivenessSettings.defaults(), "drill-liveness", key))) {
            String application = NAME + "/" + UUID.randomUUID();
            List<CountedSession> sessions = new ArrayList<>();
            for (int i = 0; i < options.sessions(); i++) {
                CountedSession session = new CountedSession(client, application, "drill-" + (i + 1));
                session.create();
                sessions.add(session);
            }
            out.println("drill: " + options.sessions() + " sessions, " + options.threads() + " threads, "
                    + options.seconds() + " s; " + active.name() + " is active");
            return count(active, sessions);
        }
    }

    private DrillReport count(ManagedServer active, List<CountedSession> sessions)
            throws DrillException, InterruptedException {
        long halfMs = TimeUnit.SECONDS.toMillis(options.seconds()) / 2;
        CountingLoad load = CountingLoad.start(sessions, options.threads());
        String to = "";
        long takeoverNs = 0;
        List<Comparison> compared = new ArrayList<>();
        try {
            // A drill lasts as long as it was asked to.
            Thread.sleep(halfMs);
            load.beginSecondHalf();
            long startNs = System.nanoTime();
            active.handOver();
            to = awaitOther(active, startNs);
            takeoverNs = System.nanoTime() - startNs;
            Thread.sleep(Math.max(0, halfMs - TimeUnit.NANOSECONDS.toMillis(takeoverNs)));
        } finally {
            load.end();
            // Whatever happened: no session of a drill stays.
            sessions.forEach(session -> compared.add(session.compareAndRemove()));
        }
        long refused = sessions.stream().mapToLong(CountedSession::refused).sum();
        return new DrillReport(
                active.name(), to, takeoverNs, load.longestBeforeNs(), load.longestSinceNs(), refused, compared);
    }

    private ManagedServer active() throws DrillException {
        List<String> answers = new ArrayList<>();
        for (ManagedServer server : servers) {
            String role = server.roles().getOrDefault(server.name(), "");
            if (role.equals(ServerRole.ACTIVE_COORDINATOR.stateName())) {
                return server;
            }
            answers.add(server.name() + " "
                    + (role.isEmpty() ? server.lastFailure() : "is " + role.replaceAll("\\p{C}", "?")));
        }
        throw failed(
                "no server is active: " + String.join(", ", answers) + "; start the servers first, see server-stat");
    }

    /** Nothing is begun that can't be brought to an end. */
    private static void requireStandby(ManagedServer active) throws DrillException {
        Map<String, String> roles = active.roles();
        if (!roles.containsValue(ServerRole.PASSIVE_STANDBY.stateName())) {
            List<String> others = new ArrayList<>();
            roles.forEach((name, role) -> {
                if (!name.equals(active.name())) {
                    others.add(name + " is " + role);
                }
            });
            throw failed("no standby is in sync: "
                    + (others.isEmpty() ? active.name() + " is the only server" : String.join(", ", others))
                    + "; start it, or wait until it is PASSIVE-STANDBY");
        }
    }

    /** Name of the server that took over; empty when none did in time. */
    private String awaitOther(ManagedServer before, long startNs) throws InterruptedException {
        while (System.nanoTime() - startNs < TAKEOVER_LIMIT_NS) {
            for (ManagedServer server : servers) {
                if (server != before && server.isActive()) {
                    return server.name();
                }
            }
            // Looked at from outside there is nothing that tells.
            Thread.sleep(POLL_MS);
        }
        return "";
    }
}

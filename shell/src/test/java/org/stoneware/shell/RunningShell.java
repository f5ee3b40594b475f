package org.stoneware.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.felix.gogo.runtime.CommandProcessorImpl;
import org.apache.felix.gogo.runtime.threadio.ThreadIOImpl;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.EffectiveConfiguration;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.shell.client.ShellClient;
import org.stoneware.shell.client.ShellTerminal;
import org.stoneware.shell.command.BackupCommands;
import org.stoneware.shell.command.ClusterCommands;
import org.stoneware.shell.command.ServerCommands;
import org.stoneware.shell.command.SessionCommands;
import org.stoneware.shell.command.StorageCommands;

/** A shell on a socket of its own with gogo behind it, but no OSGi. */
final class RunningShell implements AutoCloseable {
    private static final long COMMAND_END_MS = 10_000;

    final FakeSessions sessions = new FakeSessions();
    final FakeBackups backups = new FakeBackups();
    final FakeManagement management = new FakeManagement();
    private final ThreadIOImpl threads = new ThreadIOImpl();
    private final CommandProcessorImpl processor = new CommandProcessorImpl(threads);
    private final Path directory;
    private final ShellServer server;
    private boolean isClosed;

    /** What a client printed, and its exit code. */
    record Outcome(int exitCode, String out, String err) {}

    RunningShell(Path directory) {
        this.directory = directory;
        threads.start();
        SessionCommands sessionCommands = new SessionCommands(sessions);
        for (String each : List.of("list", "find", "show", "stats", "invalidate")) {
            processor.addCommand("session", sessionCommands, each);
        }
        BackupCommands backupCommands = new BackupCommands(backups);
        for (String each : List.of("backup", "restore")) {
            processor.addCommand("session", backupCommands, each);
        }
        ClusterCommands clusterCommands = new ClusterCommands(management, settings(directory));
        for (String each : List.of("status", "members", "clients", "events", "failover", "drill")) {
            processor.addCommand("cluster", clusterCommands, each);
        }
        StorageCommands storageCommands = new StorageCommands(management);
        for (String each : List.of("list", "use", "retire", "stats")) {
            processor.addCommand("storage", storageCommands, each);
        }
        ServerCommands serverCommands = new ServerCommands(noBundles(), configuration(), sessions);
        for (String each : List.of("config", "bundles", "loglevel", "sweep", "threads")) {
            processor.addCommand("server", serverCommands, each);
        }
        this.server = new ShellServer(directory, management, sessions, processor);
    }

    /** Of a framework in which nothing is installed. */
    private static BundleContext noBundles() {
        return (BundleContext) Proxy.newProxyInstance(
                RunningShell.class.getClassLoader(), new Class<?>[] {BundleContext.class}, (proxy, method, given) -> {
                    assertThat(method.getName()).isEqualTo("getBundles");
                    return new Bundle[0];
                });
    }

    private static EffectiveConfiguration configuration() {
        return new EffectiveConfiguration(
                "tc-config.xml",
                "Server1",
                List.of(
                        new EffectiveConfiguration.Value("servers/server[1] dso-port", "9510", "default"),
                        new EffectiveConfiguration.Value(
                                "servers/server[1] jmx-port", "9520", "derived from dso-port + 10"),
                        new EffectiveConfiguration.Value("servers/server[1] data", FakeSessions.HOSTILE, "line 7")));
    }

    private static ArraySettings settings(Path directory) {
        ServerSettings self = new ServerSettings(
                0,
                "Server1",
                "127.0.0.1",
                "127.0.0.1",
                9510,
                "127.0.0.1",
                9520,
                "127.0.0.1",
                9530,
                "127.0.0.1",
                9540,
                directory,
                directory,
                false,
                directory,
                "temporary-swap-only",
                0);
        return new ArraySettings(
                "test", "", 0, List.of(self), false, 120, true, false, 3600, 5, "availability", 0, false, "", Map.of());
    }

    /** Runs one command as {@code bin/shell} does, with nobody to be asked. */
    Outcome run(String... words) {
        return run("", false, words);
    }

    /** @param input what is typed or comes through a pipe. */
    Outcome run(String input, boolean isTyped, String... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        ShellTerminal terminal = new ShellTerminal(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                isTyped,
                false,
                0,
                false);
        int exitCode =
                new ShellClient(terminal, List.of(new ShellClient.Candidate("Server1", directory))).run(List.of(words));
        return new Outcome(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        server.close();
        awaitEndOfCommands();
        threads.stop();
    }

    /** A command that ends later would set the streams of the JVM again, for the next test to stumble over. */
    private static void awaitEndOfCommands() {
        for (Thread each : Thread.getAllStackTraces().keySet()) {
            String name = each.getName();
            if (name.startsWith("pipe-") || name.startsWith("job controller") || name.startsWith("stoneware-shell")) {
                try {
                    each.join(COMMAND_END_MS);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }
}

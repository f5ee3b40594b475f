package org.stoneware.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A Stoneware server started by {@code bin/start-server} of an unpacked distribution. */
public final class ServerProcess implements AutoCloseable {
    private static final Duration START_PATIENCE = Duration.ofSeconds(60);

    private final ArrayConfig.Member member;
    private final ChildProcess process;

    private ServerProcess(ArrayConfig.Member member, ChildProcess process) {
        this.member = member;
        this.process = process;
    }

    /**
     * Starts the server; it is still in START-STATE when this returns.
     *
     * @param distribution unpacked distribution.
     * @param options      JVM options, for STONEWARE_OPTS.
     */
    public static ServerProcess start(Path distribution, ArrayConfig config, String name, String options)
            throws IOException {
        return start(distribution, config, name, options, List.of());
    }

    /**
     * Starts the server through another program.
     *
     * @param wrapper that program and its arguments, which then becomes the one that follows, such as {@code ip netns exec NAME}.
     */
    public static ServerProcess start(
            Path distribution, ArrayConfig config, String name, String options, List<String> wrapper)
            throws IOException {
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(List.of(
                distribution.resolve("bin/start-server").toString(),
                "-f",
                config.file().toString(),
                "-n",
                name));
        ChildProcess process = ChildProcess.start(
                name,
                command,
                Map.of("STONEWARE_OPTS", options),
                config.directory(),
                config.directory().resolve(name + ".out"));
        return new ServerProcess(config.server(name), process);
    }

    public ArrayConfig.Member member() {
        return member;
    }

    public ChildProcess process() {
        return process;
    }

    /** What this server says its own role is; {@code ""} while it does not answer. */
    public String role() {
        return view().getOrDefault(member.name(), "");
    }

    /** Roles of all servers as this one sees them, by name; empty while it does not answer. */
    public Map<String, String> view() {
        try {
            return Cluster.ask(member.management()).roles();
        } catch (IOException e) {
            return Map.of();
        }
    }

    /** Waits until the server says it has this role. */
    public ServerProcess awaitRole(String role) {
        Await.until(
                member.name() + " is " + role,
                START_PATIENCE,
                () -> {
                    if (!process.isAlive()) {
                        throw new IllegalStateException(
                                member.name() + " ended while waiting for " + role + ":\n" + process.output());
                    }
                    return role.equals(role());
                },
                () -> member.name() + " is '" + role() + "' and printed:\n" + process.output());
        return this;
    }

    @Override
    public void close() {
        process.close();
    }
}

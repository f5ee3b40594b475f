package org.stoneware.shell;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import jdk.net.ExtendedSocketOptions;
import org.apache.felix.service.command.CommandProcessor;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.SessionAdmin;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.shell.command.Completion;
import org.stoneware.shell.link.ShellAddress;

/**
 * Opens the shell's socket and serves each connection with a gogo session. Nothing listens on the network: the socket lies in the data
 * directory, where only the user who runs the server may enter, and the kernel says who calls.
 * <p>
 * <b>Threading:</b> one thread accepts, two serve each connection.
 * <p>
 * <b>Limits:</b> {@link #MAX_CONNECTIONS} at once; one more is closed.
 * <p>
 * <b>Failure:</b> a socket that can't be had leaves the server without a shell, which the log says; its duty does not depend on it.
 */
@Component(
        service = {},
        immediate = true)
public final class ShellServer {
    static final int MAX_CONNECTIONS = 16;
    private static final Logger LOGGER = System.getLogger("org.stoneware.shell");

    private final CommandProcessor processor;
    private final ManagementService management;
    private final Completion completion;
    private final Set<ShellConnection> connections = ConcurrentHashMap.newKeySet();
    private final @Nullable Path socket;
    private final @Nullable ServerSocketChannel server;
    private volatile boolean isClosed;

    @Activate
    public ShellServer(
            @Reference ArraySettings settings,
            @Reference ManagementService management,
            @Reference SessionAdmin sessions,
            @Reference CommandProcessor processor) {
        this(settings.self().dataDirectory(), management, sessions, processor);
    }

    ShellServer(Path dataDirectory, ManagementService management, SessionAdmin sessions, CommandProcessor processor) {
        this.management = management;
        this.processor = processor;
        this.completion = new Completion(sessions);
        Path path = null;
        ServerSocketChannel opened = null;
        try {
            path = ShellAddress.prepare(dataDirectory);
            opened = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            opened.bind(UnixDomainSocketAddress.of(path));
        } catch (IOException | UnsupportedOperationException e) {
            LOGGER.log(
                    Level.WARNING,
                    "no shell: the socket can't be opened: dataDirectory=" + dataDirectory + " reason="
                            + e.getMessage());
            close(opened);
            opened = null;
        }
        this.socket = path;
        this.server = opened;
        if (opened != null) {
            ServerSocketChannel accepting = opened;
            Thread thread = new Thread(() -> accept(accepting), "stoneware-shell");
            thread.setDaemon(true);
            thread.start();
            LOGGER.log(
                    Level.INFO,
                    "shell open, for this user alone: bin/shell -n "
                            + management.status().self());
        }
    }

    @Deactivate
    public void close() {
        isClosed = true;
        close(server);
        connections.forEach(ShellConnection::close);
        try {
            if (socket != null) {
                ShellAddress.remove(socket);
            }
        } catch (IOException e) {
            LOGGER.log(
                    Level.WARNING, "the shell's socket stays behind: socket=" + socket + " reason=" + e.getMessage());
        }
    }

    private static void close(@Nullable ServerSocketChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, "close failed", e);
        }
    }

    private void accept(ServerSocketChannel accepting) {
        try {
            while (!isClosed) {
                acceptNext(accepting);
            }
        } catch (IOException e) {
            if (!isClosed) {
                LOGGER.log(Level.WARNING, "shell ends: " + e.getMessage());
            }
        } finally {
            // Whoever calls from now on is refused, rather than waiting for an answer.
            close(accepting);
        }
    }

    private void acceptNext(ServerSocketChannel accepting) throws IOException {
        SocketChannel channel = accepting.accept();
        String user = user(channel);
        if (!isOwn(user) || connections.size() >= MAX_CONNECTIONS) {
            LOGGER.log(Level.WARNING, "shell connection refused: user=" + user + " connections=" + connections.size());
            channel.close();
            return;
        }
        ShellConnection connection =
                new ShellConnection(channel, user, processor, management, completion, connections::remove);
        connections.add(connection);
        try {
            connection.start();
        } catch (OutOfMemoryError e) {
            LOGGER.log(Level.WARNING, "shell connection refused: " + e.getMessage());
            connections.remove(connection);
            connection.close();
        }
        if (isClosed) {
            // It came after those that close() knew.
            connection.close();
        }
    }

    /** Who calls, by the kernel's word; empty where the system does not tell. */
    private static String user(SocketChannel channel) {
        try {
            return channel.supportedOptions().contains(ExtendedSocketOptions.SO_PEERCRED)
                    ? channel.getOption(ExtendedSocketOptions.SO_PEERCRED)
                            .user()
                            .getName()
                    : "";
        } catch (IOException e) {
            LOGGER.log(
                    Level.WARNING,
                    "the system does not tell who opened the shell; the permissions of its directory decide: reason="
                            + e.getMessage());
            return "";
        }
    }

    /** The directory's permissions keep others out already; this holds where somebody has loosened them. */
    private static boolean isOwn(String user) {
        return user.isEmpty() || user.equals(System.getProperty("user.name")) || user.equals("root");
    }
}

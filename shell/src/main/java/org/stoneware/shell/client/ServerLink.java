package org.stoneware.shell.client;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.stoneware.shell.link.Frame;
import org.stoneware.shell.link.FrameChannel;
import org.stoneware.shell.link.ShellAddress;

/**
 * A connection to the shell of a running server.
 * <p>
 * <b>Threading:</b> one thread, but for {@link #cancel}.
 */
final class ServerLink implements Closeable {
    private static final String PROTOCOL = "1";

    private final FrameChannel channel;
    private String server = "";
    private String role = "";

    /** What a running command wants of the person. */
    interface Person {
        /** Shows bytes of the answer. */
        void out(byte[] bytes) throws IOException;

        /** Shows bytes of a complaint. */
        void err(byte[] bytes) throws IOException;

        /** Asks; null when nobody answers. */
        @Nullable
        String ask(String question);
    }

    private ServerLink(FrameChannel channel) {
        this.channel = channel;
    }

    /** Connects to the server that holds a data directory. */
    static ServerLink open(Path dataDirectory, ShellTerminal terminal, int width) throws IOException {
        SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(ShellAddress.of(dataDirectory)));
        ServerLink link = new ServerLink(new FrameChannel(socket));
        try {
            link.channel.send(Frame.of(
                    Frame.Type.HELLO,
                    PROTOCOL + "\n" + width + "\n" + (terminal.isColoured() ? 1 : 0) + "\n"
                            + (terminal.isInputTty() ? 1 : 0)));
            Frame welcome = link.next();
            if (welcome.type() != Frame.Type.WELCOME || !welcome.line(0).equals(PROTOCOL)) {
                throw new IOException("the server speaks another version of the shell: " + welcome.line(3)
                        + "; use the bin/shell of its installation");
            }
            link.server = welcome.line(1);
            link.role = welcome.line(2);
            return link;
        } catch (IOException e) {
            link.close();
            throw e;
        }
    }

    String server() {
        return server;
    }

    /** Its role when it answered last. */
    String role() {
        return role;
    }

    /** Runs a line to its end; returns its exit code. */
    int execute(String line, Person person) throws IOException {
        if (line.getBytes(StandardCharsets.UTF_8).length > Frame.MAX_BODY) {
            throw new IOException("a line has at most " + Frame.MAX_BODY + " bytes");
        }
        channel.send(Frame.of(Frame.Type.EXECUTE, line));
        while (true) {
            Frame frame = next();
            switch (frame.type()) {
                case OUT -> person.out(frame.body());
                case ERR -> person.err(frame.body());
                case ASK -> {
                    String answer = person.ask(frame.text());
                    channel.send(Frame.of(Frame.Type.ANSWER, answer == null ? "" : answer));
                }
                case DONE -> {
                    role = frame.line(1);
                    return Integer.parseInt(frame.line(0));
                }
                default -> throw new IOException("a server does not say " + frame.type());
            }
        }
    }

    /** Words that may come at the end of a line. */
    List<String> candidates(String line) throws IOException {
        channel.send(Frame.of(Frame.Type.COMPLETE, line.length() + "\n" + line));
        Frame frame = next();
        if (frame.type() != Frame.Type.CANDIDATES) {
            throw new IOException("candidates were asked for, not " + frame.type());
        }
        return frame.body().length == 0 ? List.of() : List.of(frame.text().split("\n"));
    }

    /** The terminal has another width. */
    void resize(int width) throws IOException {
        channel.send(Frame.of(Frame.Type.RESIZE, String.valueOf(width)));
    }

    /** Ends what runs; any thread. */
    void cancel() {
        try {
            channel.send(Frame.of(Frame.Type.CANCEL, ""));
        } catch (IOException e) {
            // Who waits for the end of the command hears of it.
        }
    }

    private Frame next() throws IOException {
        Frame frame = channel.receive();
        if (frame == null) {
            throw new EOFException("the server closed the connection");
        }
        return frame;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}

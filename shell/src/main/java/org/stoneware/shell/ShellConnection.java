package org.stoneware.shell;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;
import org.apache.felix.service.command.Job;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.shell.command.CommandFailure;
import org.stoneware.shell.command.Completion;
import org.stoneware.shell.command.HelpText;
import org.stoneware.shell.command.Lines;
import org.stoneware.shell.command.SafeText;
import org.stoneware.shell.command.Screen;
import org.stoneware.shell.link.Frame;
import org.stoneware.shell.link.FrameChannel;
import org.stoneware.shell.link.ShellExit;

/**
 * One person or script at the shell: a gogo session, fed line by line.
 * <p>
 * <b>Threading:</b> one thread receives, so that what runs can be ended; another runs one line after the other; a third writes.
 */
final class ShellConnection {
    static final String PROTOCOL = "1";
    private static final Logger LOGGER = System.getLogger("org.stoneware.shell");
    private static final int MAX_LINES_WAITING = 64;
    private static final long ANSWER_WAIT_MIN = 10;
    /** Wider than any terminal. */
    private static final int MAX_WIDTH = 2_000;

    private static final int COMPLAINT_INDENT = 4;

    private final FrameChannel channel;
    private final FrameWriter writer;
    private final String user;
    private final CommandProcessor processor;
    private final ManagementService management;
    private final Completion completion;
    private final Consumer<ShellConnection> onEnd;
    private final BlockingQueue<Runnable> work = new ArrayBlockingQueue<>(MAX_LINES_WAITING);
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final Thread reader;
    private final Thread worker;
    private volatile @Nullable CommandSession session;
    private boolean canBeAsked;
    private boolean hasColours;
    private volatile boolean isRunning;
    private volatile boolean isCancelled;
    private String width = "0";
    private volatile boolean isClosed;

    ShellConnection(
            SocketChannel socket,
            String user,
            CommandProcessor processor,
            ManagementService management,
            Completion completion,
            Consumer<ShellConnection> onEnd) {
        this.channel = new FrameChannel(socket);
        this.writer = new FrameWriter(channel, this::close);
        this.user = user.isEmpty() ? "the server's user" : "user " + SafeText.of(user);
        this.processor = processor;
        this.management = management;
        this.completion = completion;
        this.onEnd = onEnd;
        this.reader = new Thread(this::read, "stoneware-shell-reader");
        this.worker = new Thread(this::work, "stoneware-shell-worker");
    }

    void start() {
        reader.setDaemon(true);
        worker.setDaemon(true);
        writer.start();
        worker.start();
        reader.start();
    }

    /** Ends what runs. Gogo runs commands on threads of its own. */
    private void interrupt() {
        CommandSession open = session;
        Job job = open == null ? null : open.foregroundJob();
        if (job != null) {
            job.interrupt();
        } else {
            worker.interrupt();
        }
    }

    void close() {
        isClosed = true;
        writer.close();
        try {
            channel.close();
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, "close failed", e);
        }
        interrupt();
        worker.interrupt();
    }

    private void read() {
        try {
            Frame frame;
            while ((frame = channel.receive()) != null) {
                onFrame(frame);
            }
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, "shell connection ended", e);
        } finally {
            close();
            onEnd.accept(this);
        }
    }

    private void onFrame(Frame frame) throws IOException {
        switch (frame.type()) {
            case HELLO -> submit(() -> open(frame));
            case EXECUTE -> submit(() -> execute(frame.text()));
            case COMPLETE -> submit(() -> complete(frame.line(1)));
            case RESIZE -> submit(() -> resize(frame.line(0)));
            case ANSWER -> answers.add(frame.text());
            case CANCEL -> {
                if (isRunning) {
                    isCancelled = true;
                    interrupt();
                }
            }
            default -> throw new IOException("a client does not say " + frame.type());
        }
    }

    private void submit(Runnable task) throws IOException {
        if (!work.offer(task)) {
            throw new IOException("too many lines wait: max=" + MAX_LINES_WAITING);
        }
    }

    private void work() {
        while (!isClosed) {
            try {
                Runnable next = work.take();
                next.run();
            } catch (InterruptedException e) {
                // A cancel that came too late, or the end.
            } catch (RuntimeException e) {
                LOGGER.log(Level.WARNING, "shell connection fails", e);
                close();
            }
        }
        CommandSession open = session;
        if (open != null) {
            open.close();
        }
    }

    private void open(Frame hello) {
        canBeAsked = hello.line(3).equals("1");
        hasColours = hello.line(2).equals("1");
        width = hello.line(1);
        openSession();
        ClusterStatus status = management.status();
        send(Frame.of(
                Frame.Type.WELCOME, PROTOCOL + "\n" + status.self() + "\n" + role(status) + "\n" + status.version()));
    }

    private void openSession() {
        session = processor.createSession(
                new ByteArrayInputStream(new byte[0]), stream(Frame.Type.OUT), stream(Frame.Type.ERR));
        resize(width);
    }

    private void resize(String columns) {
        width = columns;
        CommandSession open = session;
        if (open != null) {
            new Screen(width(columns), hasColours, user + " by shell", this::ask).attach(open);
        }
    }

    private static int width(String text) {
        try {
            return Math.max(0, Math.min(MAX_WIDTH, Integer.parseInt(text)));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private PrintStream stream(Frame.Type type) {
        return new PrintStream(
                new OutputStream() {
                    @Override
                    public void write(int b) {
                        write(new byte[] {(byte) b}, 0, 1);
                    }

                    @Override
                    public void write(byte[] bytes, int offset, int length) {
                        if (length > 0) {
                            send(new Frame(type, java.util.Arrays.copyOfRange(bytes, offset, offset + length)));
                        }
                    }
                },
                true,
                StandardCharsets.UTF_8);
    }

    private void send(Frame frame) {
        writer.send(frame);
    }

    private @Nullable String ask(String question) {
        if (!canBeAsked) {
            return null;
        }
        answers.clear();
        send(Frame.of(Frame.Type.ASK, question));
        try {
            return answers.poll(ANSWER_WAIT_MIN, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            throw new CommandFailure(ShellExit.INTERRUPTED, "interrupted; nothing was done");
        }
    }

    private void complete(String line) {
        CommandSession open = session;
        List<String> candidates = open == null ? List.of() : completion.candidates(open, line);
        send(Frame.of(Frame.Type.CANDIDATES, String.join("\n", candidates)));
    }

    private void execute(String line) {
        CommandSession open = session;
        if (open == null) {
            close();
            return;
        }
        isRunning = true;
        int exitCode = run(open, line);
        isRunning = false;
        // A cancel that came at the last moment ends nothing else.
        Thread.interrupted();
        if (isCancelled) {
            // Gogo writes through channels that close when their thread is interrupted: this session may be mute now.
            isCancelled = false;
            open.close();
            openSession();
        }
        send(Frame.of(Frame.Type.DONE, exitCode + "\n" + role(management.status())));
    }

    private int run(CommandSession open, String line) {
        try {
            String help = HelpText.of(open, line, width(width));
            if (help != null) {
                send(Frame.of(Frame.Type.OUT, help));
                return ShellExit.DONE;
            }
            Object result = open.execute(line);
            if (result != null && !"".equals(result)) {
                complain(Frame.Type.OUT, String.valueOf(open.format(result, Converter.INSPECT)));
            }
            return ShellExit.DONE;
        } catch (Exception e) {
            return ended(e, line);
        }
    }

    private int ended(Exception failure, String line) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof CommandFailure expected) {
                complain(Frame.Type.ERR, String.valueOf(expected.getMessage()));
                return expected.exitCode();
            }
            if (each instanceof InterruptedException || each instanceof CancellationException) {
                complain(Frame.Type.ERR, "interrupted");
                return ShellExit.INTERRUPTED;
            }
        }
        String name = failure.getClass().getSimpleName();
        if (name.equals("CommandNotFoundException")) {
            complain(Frame.Type.ERR, "no such command: " + SafeText.of(notFound(failure, line)) + "; help lists them");
            return ShellExit.USAGE;
        }
        String message = failure.getMessage();
        complain(Frame.Type.ERR, SafeText.of(message == null ? name : message));
        boolean isUsage = failure instanceof IllegalArgumentException || isSyntax(failure);
        return isUsage ? ShellExit.USAGE : ShellExit.FAILED;
    }

    /** The command that is not there, in a line that may have several. */
    private static String notFound(Exception failure, String line) {
        String message = String.valueOf(failure.getMessage());
        int colon = message.lastIndexOf(": ");
        String name = colon < 0 ? "" : message.substring(colon + 2).strip();
        return name.isEmpty() ? line.strip() : name;
    }

    /** Gogo keeps the class of its syntax errors to itself. */
    private static boolean isSyntax(Throwable failure) {
        for (Class<?> each = failure.getClass(); each != null; each = each.getSuperclass()) {
            if (each.getName().startsWith("org.apache.felix.gogo.runtime.")) {
                return true;
            }
        }
        return failure.getCause() != null && isSyntax(failure.getCause());
    }

    private void complain(Frame.Type type, String text) {
        send(Frame.of(type, Lines.fit(text, width(width), COMPLAINT_INDENT) + "\n"));
    }

    private static String role(ClusterStatus status) {
        for (MemberStatus each : status.servers()) {
            if (each.name().equals(status.self())) {
                return each.role().stateName();
            }
        }
        return "";
    }
}

package org.stoneware.server.agent;

import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/**
 * Writes the choice of a store beside the agent, since the disk may take a while, in the order asked for.
 * <p>
 * <b>Threading:</b> the agent thread asks and is answered; one thread of its own writes.
 */
final class ChoiceWriter {
    private final LivenessInbox inbox;
    private final EventLog events;
    private final ExecutorService disk;
    private int writing;
    private boolean isClosed;

    /** Changes the file of the choice. */
    @FunctionalInterface
    interface Change {
        void make() throws IOException;
    }

    /** @param disk writes, one change after the other; closed with this. */
    ChoiceWriter(LivenessInbox inbox, EventLog events, ExecutorService disk) {
        this.inbox = inbox;
        this.events = events;
        this.disk = disk;
    }

    /** One that writes on a thread of its own. */
    static ChoiceWriter onItsOwnThread(LivenessInbox inbox, EventLog events) {
        return new ChoiceWriter(inbox, events, Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "stoneware-store-choice");
            thread.setDaemon(true);
            return thread;
        }));
    }

    boolean isWriting() {
        return writing > 0;
    }

    /** @param then hears why it could not be written; empty when it could. */
    void write(Change change, Consumer<String> then) {
        if (isClosed) {
            return;
        }
        writing++;
        try {
            disk.execute(() -> answer(make(change), then));
        } catch (OutOfMemoryError e) {
            // No thread to be had.
            answer(problem(e), then);
        }
    }

    /** The same for what nobody waits for. */
    void write(Change change) {
        if (isClosed) {
            return;
        }
        try {
            disk.execute(() -> make(change));
        } catch (OutOfMemoryError e) {
            problem(e);
        }
    }

    private void answer(String problem, Consumer<String> then) {
        inbox.submit(() -> {
            writing--;
            then.accept(problem);
        });
    }

    private String make(Change change) {
        try {
            change.make();
            return "";
        } catch (IOException | RuntimeException | Error e) {
            return problem(e);
        }
    }

    private String problem(Throwable cause) {
        String problem = "what a restart begins with can't be written: " + cause.getMessage();
        events.warning("store-choice-not-kept", problem);
        return problem;
    }

    /** Lets what was asked for be written. */
    void close() {
        isClosed = true;
        disk.shutdown();
    }
}

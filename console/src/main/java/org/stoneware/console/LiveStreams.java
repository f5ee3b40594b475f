package org.stoneware.console;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ManagementService;

/**
 * Shows what happens to those who keep a connection open for it (ADR 0072).
 * <p>
 * One thread looks at the server while anybody reads, and leaves the newest {@link Picture}; each reader has a thread that writes what its
 * reader lacks. A slow reader therefore skips pictures and delays nobody.
 * <p>
 * <b>Limits:</b> {@link #MAX_STREAMS} readers; a write that takes longer than 10 s is cut off.
 */
final class LiveStreams implements AutoCloseable {
    static final int MAX_STREAMS = 32;
    private static final Logger LOGGER = System.getLogger(LiveStreams.class.getName());
    private static final long TICK_MS = 250;
    /** The status goes out when roles, Tomcats or problems change, and else this often. */
    private static final int TICKS_PER_STATUS = 4;

    private static final int MAX_TICKS_PER_WRITE = 40;
    private static final long ALIVE_AFTER_SEC = 15;
    private static final long LAST_WRITES_MS = 500;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition hasChanged = lock.newCondition();
    private final Condition hasReaders = lock.newCondition();
    private final Condition isClosing = lock.newCondition();
    private final Set<Reader> readers = new HashSet<>();
    private final ManagementService management;
    /** Sequences begin anew with every start, so an id names the start as well. */
    private final long startId;

    private Picture picture = Picture.NONE;
    private @Nullable ClusterStatus lastStatus;
    private int ticksSinceStatus;
    private boolean isFailing;
    private boolean isClosed;

    LiveStreams(ManagementService management) {
        this.management = management;
        this.startId = System.currentTimeMillis();
        ExchangePool.daemon("console-live", this::look).start();
    }

    /** A place for one more reader; null when all are taken. Whoever gets it calls {@link Reader#start} or {@link Reader#leave}. */
    @Nullable
    Reader tryTakePlace() {
        lock.lock();
        try {
            if (isClosed || readers.size() >= MAX_STREAMS) {
                return null;
            }
            if (readers.isEmpty()) {
                // Nobody has looked for a while: what was seen then must not be shown as the present.
                picture = Picture.NONE;
            }
            Reader reader = new Reader();
            readers.add(reader);
            return reader;
        } finally {
            lock.unlock();
        }
    }

    int readerCount() {
        lock.lock();
        try {
            return readers.size();
        } finally {
            lock.unlock();
        }
    }

    /** Ends all streams. */
    @Override
    public void close() {
        lock.lock();
        try {
            isClosed = true;
            hasChanged.signalAll();
            hasReaders.signalAll();
            long leftNs = TimeUnit.MILLISECONDS.toNanos(LAST_WRITES_MS);
            while (!readers.isEmpty() && leftNs > 0) {
                leftNs = isClosing.awaitNanos(leftNs);
            }
            readers.forEach(Reader::cutOff);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private void look() {
        try {
            while (awaitTick()) {
                Picture next = nextPicture();
                lock.lock();
                try {
                    picture = next;
                    hasChanged.signalAll();
                    readers.forEach(Reader::tick);
                } finally {
                    lock.unlock();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @return false when the streams have been closed. */
    private boolean awaitTick() throws InterruptedException {
        lock.lock();
        try {
            while (readers.isEmpty() && !isClosed) {
                hasReaders.await();
            }
            long leftNs = picture.number() == 0 ? 0 : TimeUnit.MILLISECONDS.toNanos(TICK_MS);
            while (leftNs > 0 && !isClosed) {
                leftNs = hasReaders.awaitNanos(leftNs);
            }
            return !isClosed;
        } finally {
            lock.unlock();
        }
    }

    private Picture nextPicture() {
        try {
            ClusterStatus status = management.status();
            List<ClusterEvent> events = List.copyOf(management.events());
            isFailing = false;
            boolean isDue =
                    picture.number() == 0 || ++ticksSinceStatus >= TICKS_PER_STATUS || hasNews(lastStatus, status);
            if (!isDue) {
                return new Picture(picture.number(), picture.status(), events);
            }
            ticksSinceStatus = 0;
            lastStatus = status;
            byte[] json = ClusterJson.status(status, management.storage(), System.currentTimeMillis());
            return new Picture(picture.number() + 1, json, events);
        } catch (RuntimeException | Error e) {
            LOGGER.log(isFailing ? Level.DEBUG : Level.ERROR, "status for live streams failed", e);
            isFailing = true;
            return picture;
        }
    }

    private static boolean hasNews(@Nullable ClusterStatus old, ClusterStatus now) {
        return old == null
                || !old.servers().equals(now.servers())
                || !old.clients().equals(now.clients())
                || !old.problems().equals(now.problems());
    }

    /**
     * What there is to show.
     *
     * @param number rises with every status; 0 before the first.
     * @param status JSON of the status, as {@code /api/v1/cluster} gives it.
     * @param events events kept, oldest first.
     */
    private record Picture(long number, byte[] status, List<ClusterEvent> events) {
        private static final Picture NONE = new Picture(0, new byte[0], List.of());
    }

    /** One reader and the thread that writes to it; its mutable fields are guarded by the lock. */
    final class Reader {
        private @Nullable Thread thread;
        private boolean isWriting;
        private int writeTicks;

        /**
         * Begins to write.
         *
         * @param out   to the reader.
         * @param onEnd called once, when nothing more will be written.
         */
        void start(LiveStream asked, OutputStream out, Runnable onEnd) {
            Thread writer = ExchangePool.daemon("console-stream", () -> {
                try {
                    write(asked, out);
                } catch (IOException e) {
                    LOGGER.log(Level.DEBUG, "reader of a live stream left", e);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } finally {
                    // Not under the lock: closing may have to wait for the network.
                    onEnd.run();
                    leave();
                }
            });
            lock.lock();
            try {
                thread = writer;
                hasReaders.signalAll();
            } finally {
                lock.unlock();
            }
            writer.start();
        }

        /** Gives the place back. */
        void leave() {
            lock.lock();
            try {
                readers.remove(this);
                isClosing.signalAll();
            } finally {
                lock.unlock();
            }
        }

        private void write(LiveStream asked, OutputStream out) throws IOException, InterruptedException {
            send(out, "retry: 1000\n\n");
            long seenSequence = seenSequence(asked);
            long seenNumber = 0;
            for (Picture now = next(seenNumber, seenSequence, asked);
                    now != null;
                    now = next(seenNumber, seenSequence, asked)) {
                StringBuilder text = new StringBuilder();
                for (ClusterEvent event : now.events()) {
                    if (event.sequence() > seenSequence) {
                        seenSequence = event.sequence();
                        text.append("id: ").append(startId).append('-').append(seenSequence);
                        append(text.append('\n'), "event", ClusterJson.event(event));
                    }
                }
                if (asked.hasStatus() && now.number() > seenNumber) {
                    append(text, "cluster", now.status());
                }
                seenNumber = now.number();
                send(out, text.isEmpty() ? ": alive\n\n" : text.toString());
            }
        }

        private long seenSequence(LiveStream asked) {
            String id = asked.lastEventId();
            String prefix = startId + "-";
            if (id == null
                    || !id.startsWith(prefix)
                    || !id.substring(prefix.length()).matches("\\d{1,18}")) {
                return Long.MIN_VALUE;
            }
            return Long.parseLong(id.substring(prefix.length()));
        }

        /** Waits for something the reader lacks, or until it must be told that the stream is alive; null at the end. */
        private @Nullable Picture next(long seenNumber, long seenSequence, LiveStream asked)
                throws InterruptedException {
            lock.lock();
            try {
                long leftNs = TimeUnit.SECONDS.toNanos(ALIVE_AFTER_SEC);
                while (!isClosed && !hasNew(seenNumber, seenSequence, asked) && leftNs > 0) {
                    leftNs = hasChanged.awaitNanos(leftNs);
                }
                return isClosed ? null : picture;
            } finally {
                lock.unlock();
            }
        }

        private boolean hasNew(long seenNumber, long seenSequence, LiveStream asked) {
            List<ClusterEvent> events = picture.events();
            return (asked.hasStatus() && picture.number() > seenNumber)
                    || (!events.isEmpty() && events.get(events.size() - 1).sequence() > seenSequence);
        }

        private void append(StringBuilder text, String type, byte[] json) {
            text.append("event: ").append(type).append("\ndata: ");
            text.append(new String(json, StandardCharsets.US_ASCII)).append("\n\n");
        }

        private void send(OutputStream out, String text) throws IOException {
            writing(true);
            try {
                out.write(text.getBytes(StandardCharsets.US_ASCII));
                out.flush();
            } finally {
                writing(false);
            }
        }

        private void writing(boolean isNow) {
            lock.lock();
            try {
                isWriting = isNow;
                writeTicks = 0;
            } finally {
                lock.unlock();
            }
        }

        private void tick() {
            if (isWriting && ++writeTicks > MAX_TICKS_PER_WRITE) {
                cutOff();
            }
        }

        /** Interrupting a thread that writes closes its connection. */
        private void cutOff() {
            if (isWriting && thread != null) {
                thread.interrupt();
            }
        }
    }
}

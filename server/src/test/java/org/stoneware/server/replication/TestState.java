package org.stoneware.server.replication;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;
import org.stoneware.testkit.storage.ReferenceSessionStore;
import org.stoneware.testkit.storage.SessionRecordBuilder;
import org.stoneware.wire.log.LogEntryAdapter;
import org.stoneware.wire.log.LogEntryListener;

/**
 * Sessions, and for each client the answers it was given: a repeated request takes effect once, as in the server's own state, so
 * a copy without its rows goes another way than its original.
 */
final class TestState implements ReplicatedState {
    private final SessionStore store;
    private final LogEntryAdapter adapter = new LogEntryAdapter();
    private final Applier applier = new Applier();
    final Map<String, Long> answers = new TreeMap<>();
    /** False: a copy gets no rows. */
    boolean exportsRows = true;

    private final UnsafeBuffer result = new UnsafeBuffer(new byte[Long.BYTES]);
    private final LogHistory history = new LogHistory();
    private long lastApplied;
    /** What the disk has; beyond it everything would be gone with the machine. */
    private long forced;

    private boolean isForcedLater;
    private boolean claimsDurable;

    TestState(SessionStore store) {
        this.store = store;
    }

    /**
     * From now on entries are durable only when {@link #force} has come to them.
     *
     * @param claims says of everything that it is durable, as a state with a planted bug.
     */
    TestState forcedLater(boolean claims) {
        isForcedLater = true;
        claimsDurable = claims;
        return this;
    }

    /** The disk takes the next few entries. */
    void force(int entries) {
        forced = Math.min(lastApplied, forced + entries);
    }

    /** Last entry that is durable, whatever is claimed. */
    long forced() {
        return isForcedLater ? forced : lastApplied;
    }

    @Override
    public long durableIndex() {
        return claimsDurable ? lastApplied : forced();
    }

    static TestState create() {
        return new TestState(newStore());
    }

    static SessionStore newStore() {
        return new ReferenceSessionStore(
                new StoreContext(Path.of("unused"), Long.MAX_VALUE / 2, 1 << 20, notice -> {}));
    }

    @Override
    public void apply(
            long index, long epoch, long logTimeMs, DirectBuffer entry, int offset, int length, ResultSink out) {
        if (index <= lastApplied) {
            return;
        }
        if (index != lastApplied + 1) {
            throw new IllegalStateException("entry does not follow: index=" + index + " lastApplied=" + lastApplied);
        }
        applier.stamp = new RecordStamp(index, epoch, index, logTimeMs, 0);
        adapter.onEntry(entry, offset, length, applier);
        lastApplied = index;
        history.onApplied(index, epoch, logTimeMs);
        result.putLong(0, index + store.figures().sessions() + answers.size());
        out.onResult(result, 0, Long.BYTES);
    }

    @Override
    public long lastApplied() {
        return lastApplied;
    }

    @Override
    public SessionStore store() {
        return store;
    }

    @Override
    public LogHistory history() {
        return history;
    }

    @Override
    public void exportRows(RowVisitor visitor) {
        ExpandableArrayBuffer row = new ExpandableArrayBuffer();
        if (!exportsRows) {
            return;
        }
        answers.forEach((request, answer) -> {
            row.putLong(0, answer, LITTLE_ENDIAN);
            visitor.onRow(row, 0, 8 + row.putStringAscii(8, request));
        });
    }

    @Override
    public void installRow(DirectBuffer row, int offset, int length) {
        answers.put(row.getStringAscii(offset + 8), row.getLong(offset, LITTLE_ENDIAN));
    }

    @Override
    public void completeInstall(long lastIndex, long logTimeMs) {
        lastApplied = lastIndex;
        forced = lastIndex;
        if (store instanceof DatedStore copy) {
            copy.remember();
        }
    }

    /** Everything this state holds, session by session and answer by answer. */
    Map<String, String> contents() {
        Map<String, String> contents = new TreeMap<>();
        StoreSnapshot all = store.openSnapshot();
        all.next(
                Integer.MAX_VALUE,
                record -> contents.put("session " + record.key().id(), text(record)));
        all.close();
        answers.forEach((request, answer) -> contents.put("answer " + request, String.valueOf(answer)));
        return contents;
    }

    private static String text(SessionRecord record) {
        return HexFormat.of().formatHex(SessionRecordBuilder.bytesOf(record));
    }

    private final class Applier implements LogEntryListener {
        private final SessionRecord view = new SessionRecord();
        private RecordStamp stamp = new RecordStamp(0, 0, 0, 0, 0);

        @Override
        public void onClientRegistered(long clientIdHigh, long clientIdLow, long incarnation) {}

        @Override
        public void onClientForgotten(long clientIdHigh, long clientIdLow) {
            answers.keySet().removeIf(request -> request.startsWith(clientIdLow + "."));
        }

        @Override
        public void onSessionWritten(
                long clientIdHigh,
                long clientIdLow,
                long requestId,
                long answeredBelow,
                long lastAccessedTimeMs,
                int flags,
                SessionKey key,
                SessionDelta delta) {
            String request = clientIdLow + "." + requestId;
            if (answers.containsKey(request)) {
                return;
            }
            RecordStamp full = new RecordStamp(
                    stamp.version(), stamp.epoch(), stamp.index(), stamp.logTimeMs(), lastAccessedTimeMs);
            StoreResult result = store.merge(key, delta, full, flags != 0, 0);
            answers.put(request, stamp.index() * 10 + result.ordinal());
        }

        @Override
        public void onSessionRemoved(
                long clientIdHigh, long clientIdLow, long requestId, long answeredBelow, SessionKey key) {
            String request = clientIdLow + "." + requestId;
            if (!answers.containsKey(request)) {
                answers.put(request, stamp.index() * 10 + store.remove(key).ordinal());
            }
        }

        @Override
        public void onSessionRenamed(
                long clientIdHigh,
                long clientIdLow,
                long requestId,
                long answeredBelow,
                SessionKey from,
                SessionKey to) {
            if (store.read(to, view) || !store.read(from, view)) {
                return;
            }
            SessionDelta.Builder none = new SessionDelta.Builder(new ExpandableArrayBuffer(64));
            none.finish();
            SessionDelta delta = new SessionDelta().wrap(none.buffer(), 0);
            UnsafeBuffer out = new UnsafeBuffer(new byte[SessionRecord.maxLength(to, view, delta)]);
            SessionRecord.write(out, 0, to, view, delta, stamp, 0);
            store.put(new SessionRecord().wrap(out, 0));
            store.remove(from);
        }

        @Override
        public void onSessionTouched(long lastAccessedTimeMs, SessionKey key) {
            store.touch(key, lastAccessedTimeMs);
        }

        @Override
        public void onSessionExpired(long lastAccessedTimeMs, SessionKey key) {
            if (store.read(key, view) && view.lastAccessedTimeMs() == lastAccessedTimeMs) {
                store.remove(key);
            }
        }

        @Override
        public void onExpiryDelivered(long jobId) {}

        @Override
        public void onSessionAdopted(@Nullable SessionKey origin, SessionRecord record) {
            throw new UnsupportedOperationException("not proposed here");
        }

        @Override
        public void onSessionWithdrawn(SessionKey key) {
            throw new UnsupportedOperationException("not proposed here");
        }
    }
}

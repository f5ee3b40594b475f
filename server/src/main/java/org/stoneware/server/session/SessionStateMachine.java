package org.stoneware.server.session;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.replication.StateMachine;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.wire.log.LogEntryAdapter;
import org.stoneware.wire.log.LogEntryListener;
import org.stoneware.wire.log.LogProtocol;
import org.stoneware.wire.session.WriteStatus;

/**
 * The replicated state of a shard: sessions, answers given to clients, expiry notices not delivered yet, old ids of renamed
 * sessions. Fed by the log; knows nothing of ownership, connections or clocks.
 * <p>
 * The version of a session is the index of the entry that changed it last, so a version never comes again, not even for an id that
 * was removed and created anew.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class SessionStateMachine implements StateMachine {
    /** Result bytes: status (int32), version (int64), little endian. */
    public static final int RESULT_LENGTH = 12;

    /** How long the old id of a renamed session still leads to it, in log time. */
    static final long ALIAS_MS = 5_000;

    private final LogEntryAdapter adapter = new LogEntryAdapter();
    private final EntryApplier applier = new EntryApplier();
    private final Map<ClientId, ReplyWindow> windows = new HashMap<>();
    private final Map<SessionKey, Alias> aliases = new LinkedHashMap<>();
    private final ExpiryJobs expiryJobs = new ExpiryJobs();
    private final SessionRecord view = new SessionRecord();
    private final SessionRecord renamed = new SessionRecord();
    private final ExpandableArrayBuffer renameBuffer = new ExpandableArrayBuffer(4096);
    private final SessionDelta noChange;
    private final UnsafeBuffer result = new UnsafeBuffer(new byte[RESULT_LENGTH]);
    private SessionStore store;
    private long lastApplied;

    private record Alias(SessionKey to, long untilMs) {}

    public SessionStateMachine(SessionStore store) {
        this.store = store;
        SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer(64));
        builder.finish();
        this.noChange = new SessionDelta().wrap(builder.buffer(), 0);
    }

    @Override
    public void apply(
            long index, long epoch, long logTimeMs, DirectBuffer entry, int offset, int length, ResultSink out) {
        if (index <= lastApplied) {
            return;
        }
        applier.begin(index, epoch, logTimeMs);
        adapter.onEntry(entry, offset, length, applier);
        lastApplied = index;
        result.putInt(0, applier.status.code(), LITTLE_ENDIAN);
        result.putLong(4, applier.version, LITTLE_ENDIAN);
        out.onResult(result, 0, RESULT_LENGTH);
    }

    @Override
    public long lastApplied() {
        return lastApplied;
    }

    /** Makes the next index follow another log, with a store already emptied or installed. */
    public void reset(SessionStore newStore, long lastAppliedIndex) {
        store = newStore;
        lastApplied = lastAppliedIndex;
        windows.clear();
        aliases.clear();
        expiryJobs.clear();
    }

    /**
     * Looks up what a request was answered.
     *
     * @return packed answer for {@link #answeredStatus} and {@link #answeredVersion}, or a negative number when it has none.
     */
    public long answer(ClientId client, long requestId) {
        @Nullable ReplyWindow window = windows.get(client);
        if (window == null) {
            return ReplyWindow.NONE;
        }
        return window.isForgotten(requestId) ? WriteStatus.FORGOTTEN.code() : window.answer(requestId);
    }

    public static WriteStatus answeredStatus(long answer) {
        return ReplyWindow.status(answer);
    }

    public static long answeredVersion(long answer) {
        return ReplyWindow.version(answer);
    }

    /** Clients registered and not forgotten. */
    public Set<ClientId> clients() {
        return windows.keySet();
    }

    public boolean knowsClient(ClientId client) {
        return windows.containsKey(client);
    }

    /** The key a session has now, when {@code key} is an old one of it; else {@code key}. */
    public SessionKey resolve(SessionKey key, long logTimeMs) {
        SessionKey now = key;
        // A session renamed twice within seconds is found under its first id as well. There is no circle: an id that
        // a session takes is nobody's old id any more.
        @Nullable Alias alias = aliases.isEmpty() ? null : aliases.get(now);
        while (alias != null && alias.untilMs >= logTimeMs) {
            now = alias.to;
            alias = aliases.get(now);
        }
        return now;
    }

    public ExpiryJobs expiryJobs() {
        return expiryJobs;
    }

    static WriteStatus toStatus(StoreResult result) {
        return switch (result) {
            case STORED -> WriteStatus.COMMITTED;
            case ABSENT -> WriteStatus.ABSENT;
            case STALE -> WriteStatus.EXISTS;
            case FULL -> WriteStatus.FULL;
            case NOT_RESIDENT, FAILED -> WriteStatus.FAILED;
        };
    }

    /** Applies one decoded entry; holds what {@link #apply} knows about it. */
    private final class EntryApplier implements LogEntryListener {
        private long index;
        private long epoch;
        private long logTimeMs;
        private WriteStatus status = WriteStatus.COMMITTED;
        private long version;

        void begin(long index, long epoch, long logTimeMs) {
            this.index = index;
            this.epoch = epoch;
            this.logTimeMs = logTimeMs;
            this.status = WriteStatus.COMMITTED;
            this.version = 0;
        }

        @Override
        public void onClientRegistered(long clientIdHigh, long clientIdLow, long incarnation) {
            windows.computeIfAbsent(new ClientId(clientIdHigh, clientIdLow), id -> new ReplyWindow());
        }

        @Override
        public void onClientForgotten(long clientIdHigh, long clientIdLow) {
            windows.remove(new ClientId(clientIdHigh, clientIdLow));
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
            ReplyWindow window = window(clientIdHigh, clientIdLow);
            if (isAnswered(window, requestId)) {
                return;
            }
            boolean create = (flags & LogProtocol.WRITTEN_CREATE) != 0;
            RecordStamp stamp = new RecordStamp(index, epoch, index, logTimeMs, lastAccessedTimeMs);
            status = toStatus(store.merge(key, delta, stamp, create, logTimeMs - lastAccessedTimeMs));
            version = status == WriteStatus.COMMITTED ? index : 0;
            if (create && status == WriteStatus.COMMITTED) {
                aliases.remove(key);
            }
            window.put(requestId, status, version, answeredBelow);
        }

        @Override
        public void onSessionRemoved(
                long clientIdHigh, long clientIdLow, long requestId, long answeredBelow, SessionKey key) {
            ReplyWindow window = window(clientIdHigh, clientIdLow);
            if (isAnswered(window, requestId)) {
                return;
            }
            status = toStatus(store.remove(key));
            window.put(requestId, status, 0, answeredBelow);
        }

        @Override
        public void onSessionRenamed(
                long clientIdHigh,
                long clientIdLow,
                long requestId,
                long answeredBelow,
                SessionKey from,
                SessionKey to) {
            ReplyWindow window = window(clientIdHigh, clientIdLow);
            if (isAnswered(window, requestId)) {
                return;
            }
            status = rename(from, to);
            version = status == WriteStatus.COMMITTED ? index : 0;
            window.put(requestId, status, version, answeredBelow);
        }

        private WriteStatus rename(SessionKey from, SessionKey to) {
            if (store.read(to, view)) {
                return WriteStatus.EXISTS;
            }
            if (!store.read(from, view)) {
                return WriteStatus.ABSENT;
            }
            RecordStamp stamp = new RecordStamp(index, epoch, index, logTimeMs, view.lastAccessedTimeMs());
            SessionRecord.write(renameBuffer, 0, to, view, noChange, stamp, logTimeMs);
            WriteStatus stored = toStatus(store.put(renamed.wrap(renameBuffer, 0)));
            if (stored == WriteStatus.COMMITTED) {
                store.remove(from);
                pruneAliases();
                aliases.remove(to);
                aliases.remove(from);
                aliases.put(from, new Alias(to, logTimeMs + ALIAS_MS));
            }
            return stored;
        }

        private void pruneAliases() {
            // Entries are in order of their end, because log time never goes back.
            for (Iterator<Alias> each = aliases.values().iterator(); each.hasNext(); ) {
                if (each.next().untilMs >= logTimeMs) {
                    return;
                }
                each.remove();
            }
        }

        @Override
        public void onSessionTouched(long lastAccessedTimeMs, SessionKey key) {
            status = toStatus(store.touch(key, lastAccessedTimeMs));
        }

        @Override
        public void onSessionExpired(long lastAccessedTimeMs, SessionKey key) {
            if (!store.read(key, view) || view.lastAccessedTimeMs() != lastAccessedTimeMs) {
                status = WriteStatus.ABSENT;
                return;
            }
            expiryJobs.add(index, view, logTimeMs);
            status = toStatus(store.remove(key));
        }

        @Override
        public void onExpiryDelivered(long jobId) {
            expiryJobs.remove(jobId);
        }

        private ReplyWindow window(long clientIdHigh, long clientIdLow) {
            return windows.computeIfAbsent(new ClientId(clientIdHigh, clientIdLow), id -> new ReplyWindow());
        }

        private boolean isAnswered(ReplyWindow window, long requestId) {
            if (window.isForgotten(requestId)) {
                status = WriteStatus.FORGOTTEN;
                return true;
            }
            long answer = window.answer(requestId);
            if (answer == ReplyWindow.NONE) {
                return false;
            }
            status = ReplyWindow.status(answer);
            version = ReplyWindow.version(answer);
            return true;
        }
    }
}

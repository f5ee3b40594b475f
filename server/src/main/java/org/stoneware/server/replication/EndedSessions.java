package org.stoneware.server.replication;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;

/**
 * Keys that ended on this server, and sessions that got another key, since the last entry another server was known to hold.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Limits:</b> {@link #MAX_BYTES} of heap; beyond them the oldest are forgotten, which {@link #isComplete} tells.
 */
public final class EndedSessions {
    /** Some 55 000 keys of usual length. */
    public static final long MAX_BYTES = 12L << 20;

    /** Of one key: its node in a map, what is known of it, the key and its two arrays without their bytes. */
    static final int BYTES_PER_KEY = 176;

    private static final int REMOVED = 1;
    private static final int EXPIRED = 2;
    private static final int RENAMED = 3;
    private static final int KNOWN_SINCE = 4;
    private static final int ITEM_HEADER = 17;

    /** In order of their entries, both. */
    private final Map<SessionKey, Ended> ended = new LinkedHashMap<>();

    private final Map<SessionKey, Origin> renamed = new LinkedHashMap<>();
    private long knownSince;
    private long bytes;
    private boolean isNeeded = true;

    private record Ended(long index, boolean isExpired) {}

    private record Origin(SessionKey key, long index) {}

    /** Sees keys. */
    @FunctionalInterface
    interface Visitor {
        void onKey(SessionKey key);
    }

    /** A session was removed, or has expired. */
    public void removed(SessionKey key, long index, boolean isExpired) {
        if (!isNeeded) {
            knownSince = Math.max(knownSince, index);
            return;
        }
        putEnded(key, new Ended(index, isExpired));
        takeRenamed(key);
        trim();
    }

    /** A session has another key. */
    public void renamed(SessionKey from, SessionKey to, long index) {
        if (!isNeeded) {
            knownSince = Math.max(knownSince, index);
            return;
        }
        Origin earlier = takeRenamed(from);
        SessionKey origin = earlier == null ? from : earlier.key;
        putEnded(from, new Ended(index, false));
        takeRenamed(to);
        if (!origin.equals(to)) {
            putRenamed(to, new Origin(origin, index));
        }
        trim();
    }

    /** No other server can hold these sessions, so nobody will ever ask: nothing is kept, now and from now on. */
    void notNeeded() {
        isNeeded = false;
        ended.values().forEach(each -> knownSince = Math.max(knownSince, each.index));
        renamed.values().forEach(each -> knownSince = Math.max(knownSince, each.index));
        clear();
    }

    private void clear() {
        ended.clear();
        renamed.clear();
        bytes = 0;
    }

    /** Puts a key behind all others. */
    private void putEnded(SessionKey key, Ended how) {
        if (ended.remove(key) == null) {
            bytes += bytes(key);
        }
        ended.put(key, how);
    }

    private void putRenamed(SessionKey key, Origin from) {
        takeRenamed(key);
        renamed.put(key, from);
        bytes += bytes(key) + bytes(from.key);
    }

    private @Nullable Origin takeRenamed(SessionKey key) {
        Origin taken = renamed.remove(key);
        if (taken != null) {
            bytes -= bytes(key) + bytes(taken.key);
        }
        return taken;
    }

    private static long bytes(SessionKey key) {
        return BYTES_PER_KEY + key.encodedLength();
    }

    /** Forgets the oldest until the others fit. */
    private void trim() {
        while (bytes > MAX_BYTES) {
            Map.Entry<SessionKey, Ended> oldest = first(ended);
            Map.Entry<SessionKey, Origin> other = first(renamed);
            boolean isEnded = other == null || oldest != null && oldest.getValue().index <= other.getValue().index;
            if (isEnded && oldest != null) {
                forgetUpTo(oldest.getValue().index);
            } else if (other != null) {
                forgetUpTo(other.getValue().index);
            }
        }
    }

    private static <T> Map.@Nullable Entry<SessionKey, T> first(Map<SessionKey, T> keys) {
        Iterator<Map.Entry<SessionKey, T>> each = keys.entrySet().iterator();
        return each.hasNext() ? each.next() : null;
    }

    void forgetUpTo(long index) {
        knownSince = Math.max(knownSince, index);
        if (bytes == 0) {
            return;
        }
        Map.Entry<SessionKey, Ended> oldest;
        while ((oldest = first(ended)) != null && oldest.getValue().index <= index) {
            bytes -= bytes(oldest.getKey());
            ended.remove(oldest.getKey());
        }
        Map.Entry<SessionKey, Origin> other;
        while ((other = first(renamed)) != null && other.getValue().index <= index) {
            takeRenamed(other.getKey());
        }
    }

    /** Entry after which everything that ended is known. */
    long knownSince() {
        return knownSince;
    }

    /** True when everything that ended after an entry is known. */
    boolean isComplete(long sinceIndex) {
        return knownSince <= sinceIndex;
    }

    boolean isEndedSince(SessionKey key, long sinceIndex) {
        Ended found = ended.get(key);
        return found != null && found.index > sinceIndex;
    }

    /** The key a session had at an entry, when it has had another one since; null when it is the same. */
    @Nullable
    SessionKey originSince(SessionKey key, long sinceIndex) {
        Origin origin = renamed.get(key);
        return origin != null && origin.index > sinceIndex ? origin.key : null;
    }

    /** Shows what applications removed after an entry: neither what has expired, nor what only got another key. */
    void forEachRemovedSince(long sinceIndex, Visitor visitor) {
        Set<SessionKey> origins =
                renamed.values().stream().map(origin -> origin.key).collect(Collectors.toSet());
        ended.forEach((key, each) -> {
            if (each.index > sinceIndex && !each.isExpired && !origins.contains(key)) {
                visitor.onKey(key);
            }
        });
    }

    int size() {
        return ended.size();
    }

    /** Takes bytes that {@link #restoreAll} understands. */
    @FunctionalInterface
    public interface Export {
        void onBytes(DirectBuffer bytes, int length);
    }

    /**
     * Shows all this knows, in portions of about so many bytes. A portion is a sequence of these, little endian:
     *
     * <pre>
     *  offset length field
     *       0      1 kind: 1 removed, 2 expired, 3 has another key, 4 everything after the index is known
     *       1      8 index
     *       9      4 length of the first key, 0 for none
     *      13      4 length of the second key, 0 for none
     *      17      … key that ended, or the key it has now and the one it had
     * </pre>
     */
    public void export(int portion, Export to) {
        ExpandableArrayBuffer bytes = new ExpandableArrayBuffer(portion + 1024);
        int[] limit = {put(bytes, 0, KNOWN_SINCE, knownSince, null, null)};
        ended.forEach((key, each) -> {
            limit[0] = put(bytes, limit[0], each.isExpired ? EXPIRED : REMOVED, each.index, key, null);
            limit[0] = flush(bytes, limit[0], portion, to);
        });
        renamed.forEach((key, origin) -> {
            limit[0] = put(bytes, limit[0], RENAMED, origin.index, key, origin.key);
            limit[0] = flush(bytes, limit[0], portion, to);
        });
        flush(bytes, limit[0], 0, to);
    }

    private static int flush(DirectBuffer bytes, int length, int portion, Export to) {
        if (length <= portion) {
            return length;
        }
        to.onBytes(bytes, length);
        return 0;
    }

    private static int put(
            MutableDirectBuffer bytes,
            int offset,
            int kind,
            long index,
            @Nullable SessionKey key,
            @Nullable SessionKey other) {
        int keyLength = key == null ? 0 : key.encode(bytes, offset + ITEM_HEADER);
        int otherLength = other == null ? 0 : other.encode(bytes, offset + ITEM_HEADER + keyLength);
        bytes.putByte(offset, (byte) kind);
        bytes.putLong(offset + 1, index, LITTLE_ENDIAN);
        bytes.putInt(offset + 9, keyLength, LITTLE_ENDIAN);
        bytes.putInt(offset + 13, otherLength, LITTLE_ENDIAN);
        return offset + ITEM_HEADER + keyLength + otherLength;
    }

    private void restore(DirectBuffer portion, int limit) {
        int at = 0;
        while (at < limit) {
            int kind = portion.getByte(at);
            long index = portion.getLong(at + 1, LITTLE_ENDIAN);
            int keyLength = portion.getInt(at + 9, LITTLE_ENDIAN);
            int otherLength = portion.getInt(at + 13, LITTLE_ENDIAN);
            int keyAt = at + ITEM_HEADER;
            switch (kind) {
                case KNOWN_SINCE -> knownSince = index;
                case REMOVED, EXPIRED ->
                    putEnded(SessionKey.decode(portion, keyAt, keyLength), new Ended(index, kind == EXPIRED));
                case RENAMED ->
                    putRenamed(
                            SessionKey.decode(portion, keyAt, keyLength),
                            new Origin(SessionKey.decode(portion, keyAt + keyLength, otherLength), index));
                default -> throw new IllegalArgumentException("unknown kind of ended session: kind=" + kind);
            }
            at = keyAt + keyLength + otherLength;
        }
    }

    /** Becomes what another instance showed, portion by portion. */
    public void restoreAll(List<byte[]> portions) {
        clear();
        knownSince = 0;
        for (byte[] portion : portions) {
            restore(new UnsafeBuffer(portion), portion.length);
        }
        trim();
    }
}

package org.stoneware.benchmarks;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;

/**
 * The sessions a measurement works on: keys and records, made when asked for as a request would bring them, the same for every
 * engine.
 */
final class SessionSet {
    static final long NOW_MS = 1_700_000_000_000L;
    static final int INTERVAL_SEC = 1800;

    private static final int SMALL_LENGTH = 100;
    private static final int ID_LENGTH = 32;
    private static final String APPLICATION = "localhost/shop";
    private static final int KEY_HEADER_LENGTH = 4;
    private static final int KEY_LENGTH = KEY_HEADER_LENGTH + ID_LENGTH + APPLICATION.length();
    private static final int VERSION_OFFSET = 8;
    private static final int LAST_ACCESS_OFFSET = 40;

    private final int sessions;
    private final UnsafeBuffer keys;
    private final UnsafeBuffer[] templates;
    private final UnsafeBuffer out;
    private final SessionRecord record = new SessionRecord();
    private final SessionDelta small = new SessionDelta();
    private final UnsafeBuffer[] copyFrom;
    private final byte[] copyTo;
    private final int meanLength;
    private long version = 1;

    SessionSet(int sessions, int valueLength) {
        this(sessions, valueLength, true);
    }

    /** @param copies whether {@link #copyRandom} is wanted, which takes as much memory as all sessions. */
    SessionSet(int sessions, int valueLength, boolean copies) {
        this.sessions = sessions;
        keys = new UnsafeBuffer(new byte[sessions * KEY_LENGTH]);
        Random random = new Random(1);
        for (int i = 0; i < sessions; i++) {
            String id = String.format("%016X%016X", random.nextLong(), random.nextLong());
            SessionKey.of(APPLICATION, id).encode(keys, i * KEY_LENGTH);
        }
        // Lengths vary by a quarter up and down, so that an overwrite often needs another place.
        templates = new UnsafeBuffer[64];
        for (int i = 0; i < templates.length; i++) {
            int length = valueLength * 3 / 4 + valueLength * i / 2 / templates.length;
            templates[i] = template(key(0), length, random);
        }
        out = new UnsafeBuffer(new byte[valueLength * 2 + 1024]);
        small.wrap(smallDelta(random), 0);
        meanLength = (int) Arrays.stream(templates)
                .mapToInt(UnsafeBuffer::capacity)
                .average()
                .orElseThrow();
        copyFrom = new UnsafeBuffer[copies ? (int) ((long) sessions * meanLength >> 20) + 1 : 0];
        for (int i = 0; i < copyFrom.length; i++) {
            copyFrom[i] = new UnsafeBuffer(java.nio.ByteBuffer.allocateDirect((1 << 20) + meanLength));
        }
        copyTo = new byte[valueLength * 2 + 1024];
    }

    int size() {
        return sessions;
    }

    /** The key, decoded from the bytes of a request. */
    SessionKey key(int number) {
        return SessionKey.decode(keys, number * KEY_LENGTH, KEY_LENGTH);
    }

    /** The id alone, decoded from the bytes of a request. */
    String id(int number) {
        int offset = number * KEY_LENGTH + KEY_HEADER_LENGTH;
        return new String(keys.byteArray(), offset, ID_LENGTH, StandardCharsets.ISO_8859_1);
    }

    byte[] copyTarget() {
        return copyTo;
    }

    long nextVersion() {
        return ++version;
    }

    /** A record of a session with the next version; a view valid until the next call. */
    SessionRecord record(int number) {
        long next = nextVersion();
        UnsafeBuffer template = templates[(int) ((number + next) & (templates.length - 1))];
        int length = template.capacity();
        out.putBytes(0, template, 0, length);
        out.putBytes(
                SessionRecord.HEADER_LENGTH,
                keys,
                number * KEY_LENGTH + KEY_HEADER_LENGTH,
                KEY_LENGTH - KEY_HEADER_LENGTH);
        out.putLong(VERSION_OFFSET, next, LITTLE_ENDIAN);
        out.putLong(LAST_ACCESS_OFFSET, lastAccessedTimeMs(number), LITTLE_ENDIAN);
        return record.wrap(out, 0);
    }

    /** One session in a thousand was used last so long ago that it has expired at {@link #NOW_MS}. */
    long lastAccessedTimeMs(int number) {
        return number % 1000 == 0 ? NOW_MS - INTERVAL_SEC * 1000L - 1 - number : NOW_MS;
    }

    SessionDelta smallDelta() {
        return small;
    }

    RecordStamp stamp(int number) {
        return new RecordStamp(nextVersion(), 1, version, NOW_MS, lastAccessedTimeMs(number));
    }

    /** The limit: as many bytes as a session's record has, from a random place in as much memory as all sessions take. */
    void copyRandom(int number) {
        long place = (long) number * meanLength;
        copyFrom[(int) (place >> 20)].getBytes((int) place & ((1 << 20) - 1), copyTo, 0, meanLength);
    }

    private static UnsafeBuffer template(SessionKey key, int length, Random random) {
        byte[] value = new byte[length];
        random.nextBytes(value);
        SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer());
        builder.maxInactiveIntervalSec(INTERVAL_SEC)
                .put(AttributeKind.APPLICATION, "small", new UnsafeBuffer(value), 0, Math.min(SMALL_LENGTH, length))
                .put(AttributeKind.APPLICATION, "cart", new UnsafeBuffer(value), 0, length)
                .finish();
        SessionDelta delta = new SessionDelta().wrap(builder.buffer(), 0);
        UnsafeBuffer out = new UnsafeBuffer(new byte[SessionRecord.maxLength(key, null, delta)]);
        int written = SessionRecord.write(out, 0, key, null, delta, new RecordStamp(1, 1, 1, NOW_MS, NOW_MS), NOW_MS);
        return new UnsafeBuffer(out, 0, written);
    }

    private static UnsafeBuffer smallDelta(Random random) {
        byte[] value = new byte[SMALL_LENGTH];
        random.nextBytes(value);
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        int length = new SessionDelta.Builder(buffer)
                .put(AttributeKind.APPLICATION, "small", new UnsafeBuffer(value), 0, value.length)
                .finish();
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[length]);
        bytes.putBytes(0, buffer, 0, length);
        return bytes;
    }

    /** Bytes of a session's record, on average. */
    int meanLength() {
        return meanLength;
    }
}

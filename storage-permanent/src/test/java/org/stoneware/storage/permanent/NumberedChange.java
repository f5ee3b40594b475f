package org.stoneware.storage.permanent;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.testkit.storage.SessionRecordBuilder;

/**
 * One of an endless row of changes and notes. What it does follows from its number alone, so that a process need not tell what it has
 * done but how far it has come.
 *
 * @param number  from 1; the version of a record that is put, and the time of a touch.
 * @param session the session it is about.
 * @param length  bytes of the value that is put.
 */
record NumberedChange(long number, Kind kind, int session, int length) {
    static final int SESSIONS = 600;
    private static final int CHECKPOINT_EVERY = 300;
    private static final int CLEAR_EVERY = 2_500;

    enum Kind {
        PUT,
        TOUCH,
        REMOVE,
        CLEAR,
        NOTE,
        BEGIN_CHECKPOINT,
        END_CHECKPOINT
    }

    static NumberedChange of(long number) {
        Random random = new Random(number * 0x9E3779B97F4A7C15L);
        int session = random.nextInt(SESSIONS);
        int length = random.nextInt(40) == 0 ? 20_000 + random.nextInt(30_000) : random.nextInt(3_000);
        return new NumberedChange(number, kind(number, random.nextInt(100)), session, length);
    }

    private static Kind kind(long number, int choice) {
        if (number % CLEAR_EVERY == 0) {
            return Kind.CLEAR;
        }
        int sinceCheckpoint = (int) (number % CHECKPOINT_EVERY);
        if (sinceCheckpoint <= 4 && number > CHECKPOINT_EVERY) {
            return sinceCheckpoint == 0
                    ? Kind.BEGIN_CHECKPOINT
                    : sinceCheckpoint == 4 ? Kind.END_CHECKPOINT : Kind.NOTE;
        }
        if (choice < 12) {
            return Kind.REMOVE;
        }
        return choice < 25 ? Kind.TOUCH : choice < 28 ? Kind.NOTE : Kind.PUT;
    }

    static SessionKey key(int session) {
        return SessionKey.of("localhost/shop", "session-" + session);
    }

    /** The record this change puts. */
    SessionRecord record() {
        byte[] value = new byte[length];
        new Random(number).nextBytes(value);
        return new SessionRecordBuilder(key(session))
                .version(number)
                .lastAccessedTimeMs(number)
                .attribute("cart", value)
                .build();
    }

    String note() {
        return "note " + number;
    }

    /**
     * Does it once.
     *
     * @param isCheckpointBegun whether this run has begun a checkpoint, without which it must not end one.
     * @return what the store says; {@link StoreResult#STORED} where it can't refuse.
     */
    StoreResult applyTo(SessionStore store, boolean isCheckpointBegun) {
        switch (kind) {
            case PUT -> {
                return store.put(record());
            }
            case TOUCH -> {
                return store.touch(key(session), number);
            }
            case REMOVE -> {
                return store.remove(key(session));
            }
            case CLEAR -> store.clear();
            case NOTE -> {
                byte[] bytes = note().getBytes(StandardCharsets.US_ASCII);
                store.note(new UnsafeBuffer(bytes), 0, bytes.length);
            }
            case BEGIN_CHECKPOINT -> store.beginCheckpoint();
            case END_CHECKPOINT -> {
                if (isCheckpointBegun) {
                    store.endCheckpoint();
                }
            }
        }
        return StoreResult.STORED;
    }
}

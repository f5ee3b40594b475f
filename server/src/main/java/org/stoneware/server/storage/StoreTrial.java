package org.stoneware.server.storage;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.SessionStoreProvider;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreListener;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;

/**
 * Uses a store of a provider for a moment, in a directory of its own, before any session of a user comes near it: what throws at once, gives
 * back other bytes, or is so slow that a server could not run on it, is found here.
 * <p>
 * <b>Threading:</b> any one thread but the agent's, which must not wait for it.
 */
public final class StoreTrial {
    private static final int SESSIONS = 400;
    private static final int ROUNDS = 3;
    /** A change that takes longer on average would halve what a server can do. */
    private static final long MAX_MEAN_NS = 2_000_000;

    private static final int MAX_WAITS = 10_000;

    private final LongSupplier nanoClock;
    private final Runnable beforeClose;
    private final Map<SessionKey, byte[]> written = new HashMap<>();
    private final SessionRecord view = new SessionRecord();
    private long index;
    private boolean isHindered;

    public StoreTrial(LongSupplier nanoClock) {
        this(nanoClock, () -> {});
    }

    /** @param beforeClose called before the store is closed, on the thread of the trial, whatever came of it. */
    public StoreTrial(LongSupplier nanoClock, Runnable beforeClose) {
        this.nanoClock = nanoClock;
        this.beforeClose = beforeClose;
    }

    /** @return what is wrong with it; empty when nothing was found. */
    public String run(SessionStoreProvider provider, StoreContext context) {
        String[] problem = new String[] {""};
        @Nullable
        String failure = StoreGuard.failure(() -> {
            try {
                SessionStore store = provider.open(context);
                try {
                    store.listener(new Nobody());
                    problem[0] = use(store);
                    store.listener(null);
                } finally {
                    beforeClose.run();
                    store.close();
                }
            } catch (UncheckedIOException e) {
                isHindered = true;
                throw e;
            }
        });
        return failure != null ? "it failed its trial: " + failure : problem[0];
    }

    /** True when it was the machine that it failed for: no room, or a file that can't be written. */
    public boolean isHindered() {
        return isHindered;
    }

    /** A store is given somebody to hear it as the first thing that is done with it. */
    private static final class Nobody implements StoreListener {
        @Override
        public void onLoaded(long ticket) {}

        @Override
        public void onDurable(long position) {}

        @Override
        public void onFailed(String reason) {}
    }

    private String use(SessionStore store) {
        long startNs = nanoClock.getAsLong();
        int changes = 0;
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < SESSIONS; i++) {
                String problem = change(store, SessionKey.of("trial", "S" + i), round == 0, i);
                if (!problem.isEmpty()) {
                    return problem;
                }
                changes++;
            }
            store.doWork(nanoClock.getAsLong());
        }
        for (int i = 0; i < SESSIONS; i += 4) {
            SessionKey key = SessionKey.of("trial", "S" + i);
            if (await(store, key) != LoadResult.RESIDENT || store.remove(key) != StoreResult.STORED) {
                return "it does not remove a session it holds";
            }
            written.remove(key);
            changes++;
        }
        long meanNs = (nanoClock.getAsLong() - startNs) / changes;
        if (meanNs > MAX_MEAN_NS) {
            return "too slow: " + meanNs / 1_000 + " us for a change on average, at most " + MAX_MEAN_NS / 1_000;
        }
        return check(store);
    }

    private String change(SessionStore store, SessionKey key, boolean create, int seed) {
        SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer());
        byte[] value = new byte[20 + seed * 7 % 3_000];
        java.util.Arrays.fill(value, (byte) (seed + index));
        builder.maxInactiveIntervalSec(1_800)
                .put(AttributeKind.APPLICATION, "a" + index % 3, new UnsafeBuffer(value), 0, value.length);
        builder.finish();
        SessionDelta delta = new SessionDelta().wrap(builder.buffer(), 0);
        long at = ++index;
        if (!create && await(store, key) != LoadResult.RESIDENT) {
            return "it does not hold a session it was given";
        }
        StoreResult result = store.merge(key, delta, new RecordStamp(at, 1, at, at, at), create, 0);
        isHindered = result == StoreResult.FULL;
        if (result != StoreResult.STORED || !store.read(key, view)) {
            return "it does not take or show a change: result=" + result;
        }
        byte @Nullable [] before = written.get(key);
        SessionRecord base = before == null ? null : new SessionRecord().wrap(new UnsafeBuffer(before), 0);
        UnsafeBuffer expected = new UnsafeBuffer(new byte[SessionRecord.maxLength(key, base, delta)]);
        int length = SessionRecord.write(expected, 0, key, base, delta, new RecordStamp(at, 1, at, at, at), at);
        byte[] bytes = new byte[length];
        expected.getBytes(0, bytes);
        written.put(key, bytes);
        return isEqual(bytes, view) ? "" : "it gives back other bytes than it was given";
    }

    private static LoadResult await(SessionStore store, SessionKey key) {
        LoadResult result = store.load(key, 1);
        for (int i = 0; i < MAX_WAITS && (result == LoadResult.LOADING || result == LoadResult.BUSY); i++) {
            store.doWork(i);
            result = store.load(key, 1);
        }
        return result;
    }

    private static boolean isEqual(byte[] expected, SessionRecord found) {
        if (expected.length != found.length()) {
            return false;
        }
        for (int i = 0; i < expected.length; i++) {
            if (expected[i] != found.buffer().getByte(found.offset() + i)) {
                return false;
            }
        }
        return true;
    }

    /** All that was written must be in a walk, in the digests and in the figures, and nothing else. */
    private String check(SessionStore store) {
        Map<SessionKey, byte[]> missing = new HashMap<>(written);
        List<String> problems = new ArrayList<>();
        try (StoreSnapshot walk = store.openSnapshot()) {
            int idle = 0;
            int shown;
            while ((shown = walk.next(64, record -> {
                                byte[] bytes = missing.remove(record.key());
                                if (bytes != null && !isEqual(bytes, record)) {
                                    problems.add("a walk shows other bytes than it was given");
                                }
                            }))
                            != StoreSnapshot.END
                    && idle < MAX_WAITS) {
                idle = shown == 0 ? idle + 1 : 0;
                store.doWork(idle);
            }
        }
        long[] count = new long[1];
        long[] digests = new long[1];
        for (int slot = 0; slot < SessionKey.SLOT_COUNT; slot++) {
            store.visitDigests(slot, (keyHash64, digest) -> {
                count[0]++;
                digests[0] += digest;
            });
        }
        long expected = 0;
        for (byte[] bytes : written.values()) {
            view.wrap(new UnsafeBuffer(bytes), 0);
            expected += SessionRecord.digest(view.contentHash(), view.lastAccessedTimeMs());
        }
        if (!missing.isEmpty()) {
            return "a walk does not show all it holds";
        }
        if (!problems.isEmpty()) {
            return problems.get(0);
        }
        boolean isCounted = count[0] == written.size() && store.figures().sessions() == written.size();
        return isCounted && digests[0] == expected ? "" : "its digests or figures do not fit what it holds";
    }
}

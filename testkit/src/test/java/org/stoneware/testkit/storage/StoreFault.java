package org.stoneware.testkit.storage;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreFigures;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;

/** Stores that break one promise each; the contract must fail on every one of them. */
enum StoreFault {
    PUT_ACCEPTS_STALE_VERSION(
            "shouldRefuseToPutVersionThatIsNotGreater", context -> new DelegatingSessionStore(context) {
                @Override
                public StoreResult put(SessionRecord record) {
                    return force(record);
                }
            }),
    PUT_ACCEPTS_EQUAL_VERSION(
            "shouldRefuseToPutVersionThatIsNotGreater", context -> new DelegatingSessionStore(context) {
                @Override
                public StoreResult put(SessionRecord record) {
                    SessionRecord held = copy(record.key());
                    return held != null && held.version() == record.version() ? force(record) : store.put(record);
                }
            }),
    PUT_IS_LOST("shouldReplaceOlderVersionWhateverTheLength", context -> new DelegatingSessionStore(context) {
        @Override
        public StoreResult put(SessionRecord record) {
            return record.attributesLength() > 150_000 ? StoreResult.STORED : store.put(record);
        }
    }),
    FULL_LOSES_OLDER_VERSION("shouldKeepOlderVersionReadableWhenFull", context -> new DelegatingSessionStore(context) {
        @Override
        public StoreResult put(SessionRecord record) {
            StoreResult result = store.put(record);
            if (result == StoreResult.FULL) {
                store.remove(record.key());
            }
            return result;
        }
    }),
    FULL_FOR_EVER("shouldAcceptSessionsAgainWhenOthersAreGone", context -> new DelegatingSessionStore(context) {
        private boolean isFull;

        @Override
        public StoreResult put(SessionRecord record) {
            if (isFull && store.load(record.key(), 0) == LoadResult.ABSENT) {
                return StoreResult.FULL;
            }
            StoreResult result = store.put(record);
            isFull |= result == StoreResult.FULL;
            return result;
        }
    }),
    FULL_REFUSES_SHRINKING(
            "shouldAcceptChangesThatDoNotGrowRecordWhenFull", context -> new DelegatingSessionStore(context) {
                private boolean isFull;

                @Override
                public StoreResult put(SessionRecord record) {
                    StoreResult result = isFull ? StoreResult.FULL : store.put(record);
                    isFull = result == StoreResult.FULL;
                    return result;
                }

                @Override
                public StoreResult remove(SessionKey key) {
                    isFull = false;
                    return store.remove(key);
                }
            }),
    FULL_EVICTS_ANOTHER_SESSION(
            "shouldKeepOlderVersionReadableWhenFull", context -> new DelegatingSessionStore(context) {
                private final List<SessionKey> keys = new ArrayList<>();

                @Override
                public StoreResult put(SessionRecord record) {
                    StoreResult result = store.put(record);
                    while (result == StoreResult.FULL
                            && record.length() <= context.maxRecordLength()
                            && !keys.isEmpty()) {
                        store.remove(keys.remove(0));
                        result = store.put(record);
                    }
                    keys.add(record.key());
                    return result;
                }
            }),
    RECORD_BOUND_IGNORED(
            "shouldRefuseRecordLongerThanAllowed",
            context -> new DelegatingSessionStore(
                    new StoreContext(context.directory(), context.maxMemoryBytes(), 64 << 20, context.notices()))),
    MEMORY_BOUND_IGNORED(
            "shouldStayWithinMemoryBound",
            context ->
                    new DelegatingSessionStore(new StoreContext(
                            context.directory(), 1L << 30, context.maxRecordLength(), context.notices())) {
                        @Override
                        public StoreFigures figures() {
                            StoreFigures f = store.figures();
                            return new StoreFigures(
                                    f.sessions(), f.payloadBytes(), f.memoryUsedBytes(), 4L << 20, 0, 0);
                        }
                    }),
    CALLERS_RECORD_KEPT("shouldCopyRecordOfCaller", context -> new DelegatingSessionStore(context) {
        private final Map<SessionKey, SessionRecord> kept = new HashMap<>();

        @Override
        public StoreResult put(SessionRecord record) {
            StoreResult result = store.put(record);
            if (result == StoreResult.STORED) {
                kept.put(record.key(), new SessionRecord().wrap(record.buffer(), record.offset()));
            }
            return result;
        }

        @Override
        public boolean read(SessionKey key, SessionRecord view) {
            SessionRecord record = kept.get(key);
            if (!store.read(key, view)) {
                return false;
            }
            if (record != null) {
                view.wrap(record.buffer(), record.offset());
            }
            return true;
        }
    }),
    ABSENT_READ_MOVES_VIEW(
            "shouldAnswerAbsentAndLeaveViewUntouchedWhenSessionIsNotHeld",
            context -> new DelegatingSessionStore(context) {
                @Override
                public boolean read(SessionKey key, SessionRecord view) {
                    boolean isShown = store.read(key, view);
                    if (!isShown) {
                        view.wrap(new UnsafeBuffer(new byte[SessionRecord.HEADER_LENGTH]), 0);
                    }
                    return isShown;
                }
            }),
    LOAD_SAYS_RESIDENT_ALWAYS(
            "shouldAnswerAbsentAndLeaveViewUntouchedWhenSessionIsNotHeld",
            context -> new DelegatingSessionStore(context) {
                @Override
                public LoadResult load(SessionKey key, long ticket) {
                    store.load(key, ticket);
                    return LoadResult.RESIDENT;
                }
            }),
    MERGE_CREATES_WHAT_IS_ABSENT(
            "shouldAnswerAbsentWhenChangingSessionThatDoesNotExist", context -> new DelegatingSessionStore(context) {
                @Override
                public StoreResult merge(
                        SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
                    return store.merge(key, delta, stamp, create || store.load(key, 0) == LoadResult.ABSENT, ageMs);
                }
            }),
    MERGE_CREATES_OVER_EXISTING(
            "shouldRefuseToCreateSessionThatExists", context -> new DelegatingSessionStore(context) {
                @Override
                public StoreResult merge(
                        SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
                    if (create) {
                        store.remove(key);
                    }
                    return store.merge(key, delta, stamp, create, ageMs);
                }
            }),
    MERGE_IGNORES_AGE("shouldCreateSessionFromDelta", context -> new DelegatingSessionStore(context) {
        @Override
        public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
            return store.merge(key, delta, stamp, create, 0);
        }
    }),
    MERGE_ACCEPTS_STALE_VERSION(
            "shouldRefuseToMergeVersionThatIsNotGreater", context -> new DelegatingSessionStore(context) {
                @Override
                public StoreResult merge(
                        SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
                    SessionRecord held = copy(key);
                    RecordStamp later = held == null || create || stamp.version() > held.version()
                            ? stamp
                            : new RecordStamp(
                                    held.version() + 1,
                                    stamp.epoch(),
                                    stamp.index(),
                                    stamp.logTimeMs(),
                                    stamp.lastAccessedTimeMs());
                    return store.merge(key, delta, later, create, ageMs);
                }
            }),
    MERGE_FORGETS_REMOVALS("shouldMergeAttributesOneByOne", context -> new DelegatingSessionStore(context) {
        @Override
        public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
            return store.merge(key, DamagedView.without(delta, true, Integer.MAX_VALUE), stamp, create, ageMs);
        }
    }),
    MERGE_FORGETS_LONG_NAMES("shouldKeepAttributesWhateverTheirNames", context -> new DelegatingSessionStore(context) {
        @Override
        public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
            return store.merge(key, DamagedView.without(delta, false, 255), stamp, create, ageMs);
        }
    }),
    MERGE_FORGETS_TO_CLEAR(
            "shouldTakeAllAttributesAwayBeforeEntriesWhenDeltaClears", context -> new DelegatingSessionStore(context) {
                @Override
                public StoreResult merge(
                        SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
                    return store.merge(key, DamagedView.without(delta, false, Integer.MAX_VALUE), stamp, create, ageMs);
                }
            }),
    MERGE_MOVES_LAST_ACCESS_BACK(
            "shouldNeverMoveLastAccessBackwardByMerge", context -> new DelegatingSessionStore(context) {
                @Override
                public StoreResult merge(
                        SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
                    StoreResult result = store.merge(key, delta, stamp, create, ageMs);
                    if (result == StoreResult.STORED) {
                        SessionRecord record = copy(key);
                        SessionRecord.lastAccessedTimeMs((UnsafeBuffer) record.buffer(), 0, stamp.lastAccessedTimeMs());
                        force(record);
                    }
                    return result;
                }
            }),
    TOUCH_MOVES_BACK("shouldNeverMoveLastAccessBackwardByTouch", context -> new DelegatingSessionStore(context) {
        @Override
        public StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
            SessionRecord record = copy(key);
            if (record == null) {
                return StoreResult.ABSENT;
            }
            SessionRecord.lastAccessedTimeMs((UnsafeBuffer) record.buffer(), 0, lastAccessedTimeMs);
            return force(record);
        }
    }),
    TOUCH_IS_LOST("shouldMoveLastAccessForwardAndNothingElseByTouch", context -> new DelegatingSessionStore(context) {
        @Override
        public StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
            return store.load(key, 0) == LoadResult.ABSENT ? StoreResult.ABSENT : StoreResult.STORED;
        }
    }),
    TOUCH_RAISES_VERSION(
            "shouldMoveLastAccessForwardAndNothingElseByTouch", context -> new DelegatingSessionStore(context) {
                @Override
                public StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
                    StoreResult result = store.touch(key, lastAccessedTimeMs);
                    if (result == StoreResult.STORED) {
                        SessionRecord record = copy(key);
                        ((UnsafeBuffer) record.buffer()).putLong(8, record.version() + 1, LITTLE_ENDIAN);
                        force(record);
                    }
                    return result;
                }
            }),
    REMOVE_IS_LOST("shouldForgetRemovedSession", context -> new DelegatingSessionStore(context) {
        @Override
        public StoreResult remove(SessionKey key) {
            return store.load(key, 0) == LoadResult.ABSENT ? StoreResult.ABSENT : StoreResult.STORED;
        }
    }),
    REMOVE_NEVER_SAYS_ABSENT("shouldForgetRemovedSession", context -> new DelegatingSessionStore(context) {
        @Override
        public StoreResult remove(SessionKey key) {
            store.remove(key);
            return StoreResult.STORED;
        }
    }),
    REMOVED_VERSION_REMEMBERED(
            "shouldAcceptAnyVersionOfSessionThatWasRemoved", context -> new DelegatingSessionStore(context) {
                private final Map<SessionKey, Long> versions = new HashMap<>();

                @Override
                public StoreResult remove(SessionKey key) {
                    SessionRecord held = copy(key);
                    if (held != null) {
                        versions.put(key, held.version());
                    }
                    return store.remove(key);
                }

                @Override
                public StoreResult merge(
                        SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
                    return create && stamp.version() <= versions.getOrDefault(key, 0L)
                            ? StoreResult.STALE
                            : store.merge(key, delta, stamp, create, ageMs);
                }
            }),
    APPLICATION_IGNORED(
            "shouldTellApartSessionsOfTwoApplicationsWithOneId", context -> new DelegatingSessionStore(context) {
                private final Map<String, SessionKey> first = new HashMap<>();

                private SessionKey one(SessionKey key) {
                    return first.computeIfAbsent(key.id(), id -> key);
                }

                @Override
                public boolean read(SessionKey key, SessionRecord view) {
                    return store.read(one(key), view);
                }

                @Override
                public LoadResult load(SessionKey key, long ticket) {
                    return store.load(one(key), ticket);
                }

                @Override
                public StoreResult merge(
                        SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
                    return store.merge(one(key), delta, stamp, create, ageMs);
                }

                @Override
                public StoreResult remove(SessionKey key) {
                    return store.remove(one(key));
                }
            }),
    EXPIRY_TAKES_THE_MOMENT_ITSELF(
            "shouldNameSessionOnlyAfterItsMomentOfExpiry", context -> new DelegatingSessionStore(context) {
                @Override
                public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
                    return store.visitExpired(nowMs == Long.MAX_VALUE ? nowMs : nowMs + 1, limit, visitor);
                }
            }),
    EXPIRY_IGNORES_LIMIT(
            "shouldNameOldestMomentFirstAndNoMoreThanTheLimit", context -> new DelegatingSessionStore(context) {
                @Override
                public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
                    return store.visitExpired(nowMs, Integer.MAX_VALUE, visitor);
                }
            }),
    EXPIRY_NEWEST_FIRST(
            "shouldNameOldestMomentFirstAndNoMoreThanTheLimit", context -> new DelegatingSessionStore(context) {
                @Override
                public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
                    List<Runnable> calls = new ArrayList<>();
                    int count = store.visitExpired(
                            nowMs, limit, (key, timeMs) -> calls.add(() -> visitor.onExpired(key, timeMs)));
                    Collections.reverse(calls);
                    calls.forEach(Runnable::run);
                    return count;
                }
            }),
    EXPIRY_BY_LAST_ACCESS_ALONE(
            "shouldNameOldestMomentFirstAndNoMoreThanTheLimit", context -> new DelegatingSessionStore(context) {
                @Override
                public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
                    Map<SessionKey, Long> times = new HashMap<>();
                    store.visitExpired(nowMs, limit, times::put);
                    times.entrySet().stream()
                            .sorted(Map.Entry.comparingByValue())
                            .forEach(entry -> visitor.onExpired(entry.getKey(), entry.getValue()));
                    return times.size();
                }
            }),
    EXPIRY_MISSES_CHANGED_INTERVALS(
            "shouldNameSessionEarlierWhenItsIntervalWasShortened", context -> new DelegatingSessionStore(context) {
                private final Set<SessionKey> changed = new HashSet<>();

                @Override
                public StoreResult merge(
                        SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
                    if (!create && delta.maxInactiveIntervalSec() != SessionDelta.UNCHANGED) {
                        changed.add(key);
                    }
                    return store.merge(key, delta, stamp, create, ageMs);
                }

                @Override
                public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
                    int[] count = {0};
                    store.visitExpired(nowMs, limit, (key, timeMs) -> {
                        if (!changed.contains(key)) {
                            count[0]++;
                            visitor.onExpired(key, timeMs);
                        }
                    });
                    return count[0];
                }
            }),
    EXPIRY_NAMES_ONCE_ONLY(
            "shouldChangeNothingByNamingExpiredSessions", context -> new DelegatingSessionStore(context) {
                private final Set<SessionKey> named = new HashSet<>();

                @Override
                public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
                    int[] count = {0};
                    store.visitExpired(nowMs, limit, (key, timeMs) -> {
                        if (named.add(key)) {
                            count[0]++;
                            visitor.onExpired(key, timeMs);
                        }
                    });
                    return count[0];
                }
            }),
    SLOT_SHOWS_NEIGHBOUR("shouldShowEverySessionInItsSlot", context -> new DelegatingSessionStore(context) {
        @Override
        public void visitSlot(int slot, RecordVisitor visitor) {
            store.visitSlot(slot, visitor);
            store.visitSlot((slot + 1) % SessionKey.SLOT_COUNT, visitor);
        }
    }),
    SLOT_SHOWS_FIRST_ONLY(
            "shouldShowAllSessionsOfOneSlotWhileTheyComeAndGo", context -> new DelegatingSessionStore(context) {
                @Override
                public void visitSlot(int slot, RecordVisitor visitor) {
                    int[] count = {0};
                    store.visitSlot(slot, record -> {
                        if (count[0]++ == 0) {
                            visitor.onRecord(record);
                        }
                    });
                }
            }),
    SNAPSHOT_MISSES_CHANGED_SESSIONS(
            "shouldShowInSnapshotEverySessionHeldFromBeginToEndWhateverChanges",
            context -> new DelegatingSessionStore(context) {
                private final Set<SessionKey> changed = new HashSet<>();

                @Override
                public StoreResult merge(
                        SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
                    changed.add(key);
                    return store.merge(key, delta, stamp, create, ageMs);
                }

                @Override
                public StoreSnapshot openSnapshot() {
                    changed.clear();
                    return DamagedView.filtered(store.openSnapshot(), changed);
                }
            }),
    SNAPSHOT_IGNORES_LIMIT("shouldNeverShowMoreThanTheLimitAtOnce", context -> new DelegatingSessionStore(context) {
        @Override
        public StoreSnapshot openSnapshot() {
            StoreSnapshot snapshot = store.openSnapshot();
            return new StoreSnapshot() {
                @Override
                public int next(int limit, SessionStore.RecordVisitor visitor) {
                    return snapshot.next(Integer.MAX_VALUE, visitor);
                }

                @Override
                public void close() {
                    snapshot.close();
                }
            };
        }
    }),
    SNAPSHOT_SHARES_CURSOR("shouldLetTwoSnapshotsGoOnSideBySide", context -> new DelegatingSessionStore(context) {
        private StoreSnapshot current;

        @Override
        public StoreSnapshot openSnapshot() {
            if (current == null) {
                current = store.openSnapshot();
            }
            return current;
        }
    }),
    FIGURES_FORGET_REMOVALS("shouldCountSessionsAndTheirBytes", context -> new DelegatingSessionStore(context) {
        private long removed;

        @Override
        public StoreResult remove(SessionKey key) {
            StoreResult result = store.remove(key);
            removed += result == StoreResult.STORED ? 1 : 0;
            return result;
        }

        @Override
        public StoreFigures figures() {
            StoreFigures f = store.figures();
            return new StoreFigures(
                    f.sessions() + removed, f.payloadBytes(), f.memoryUsedBytes(), f.memoryMaxBytes(), 0, 0);
        }
    }),
    CLEAR_KEEPS_ONE("shouldHoldNothingAfterClearAndServeOn", context -> new DelegatingSessionStore(context) {
        @Override
        public void clear() {
            SessionRecord kept = copy(StoreFixture.key(1));
            store.clear();
            if (kept != null) {
                store.put(kept);
            }
        }
    }),
    POSITION_STANDS("shouldCountPositionsOfAcceptedChangesOnly", context -> new DelegatingSessionStore(context) {
        @Override
        public long appendPosition() {
            return 0;
        }

        @Override
        public long durablePosition() {
            return 0;
        }
    }),
    NEVER_DURABLE("shouldBecomeDurableByItsOwnWork", context -> new DelegatingSessionStore(context) {
        @Override
        public long durablePosition() {
            return 0;
        }
    }),
    NEVER_AT_REST("shouldComeToRestWhenNothingChanges", context -> new DelegatingSessionStore(context) {
        @Override
        public int doWork(long nowNs) {
            return store.doWork(nowNs) + 1;
        }
    }),
    SECOND_CLOSE_FAILS("shouldAllowToBeClosedTwice", context -> new DelegatingSessionStore(context) {
        private boolean isClosed;

        @Override
        public void close() {
            if (isClosed) {
                throw new IllegalStateException("closed");
            }
            isClosed = true;
            store.close();
        }
    }),
    READS_ON_AFTER_CLOSE(
            "shouldRefuseToReadOrChangeSessionsAfterClose", context -> new DelegatingSessionStore(context) {
                @Override
                public void close() {}
            }),
    DIFFERS_FROM_STORE_TO_STORE(
            "shouldHoldEqualRecordsInTwoStoresThatGotTheSameChanges", context -> new DelegatingSessionStore(context) {
                private final int number = OPENED.incrementAndGet();

                @Override
                public StoreResult merge(
                        SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
                    RecordStamp own = new RecordStamp(
                            stamp.version(),
                            stamp.epoch(),
                            stamp.index() + number,
                            stamp.logTimeMs(),
                            stamp.lastAccessedTimeMs());
                    return store.merge(key, delta, own, create, ageMs);
                }
            });

    private static final AtomicInteger OPENED = new AtomicInteger();

    private final String caughtBy;
    private final Function<StoreContext, SessionStore> opener;

    StoreFault(String caughtBy, Function<StoreContext, SessionStore> opener) {
        this.caughtBy = caughtBy;
        this.opener = opener;
    }

    /** The test of the contract whose business this fault is. */
    String caughtBy() {
        return caughtBy;
    }

    SessionStore open(StoreContext context) {
        return opener.apply(context);
    }
}

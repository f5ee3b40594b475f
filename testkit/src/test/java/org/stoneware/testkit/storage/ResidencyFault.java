package org.stoneware.testkit.storage;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreListener;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;

/** Stores over a disk that break one promise each about sessions out of memory. */
enum ResidencyFault implements PlantedStoreFault {
    DIGEST_LEAVES_OUT_SESSIONS_ON_DISK(
            "shouldShowDigestsOfSessionsOnDisk", (context, disk) -> new Faulty(context, disk) {
                @Override
                public void visitDigests(int slot, DigestVisitor visitor) {
                    store.visitSlot(
                            slot,
                            record -> visitor.onDigest(
                                    record.keyHash64(),
                                    SessionRecord.digest(record.contentHash(), record.lastAccessedTimeMs())));
                }
            }),
    DIGEST_IGNORES_LAST_ACCESS(
            "shouldChangeDigestWithContentAndWithLastAccess", (context, disk) -> new Faulty(context, disk) {
                @Override
                public void visitDigests(int slot, DigestVisitor visitor) {
                    store.visitSlot(slot, record -> visitor.onDigest(record.keyHash64(), record.contentHash()));
                }
            }),
    DIGEST_ONE_PER_HASH("shouldShowOneDigestOfEverySession", (context, disk) -> new Faulty(context, disk) {
        @Override
        public void visitDigests(int slot, DigestVisitor visitor) {
            Map<Long, Long> byHash = new HashMap<>();
            store.visitDigests(slot, byHash::put);
            byHash.forEach(visitor::onDigest);
        }
    }),
    SESSION_LOST_BEYOND_MEMORY(
            "shouldKeepEverySessionWhenTheyExceedMemory", (context, disk) -> new Faulty(context, disk) {
                @Override
                public StoreResult put(SessionRecord record) {
                    if (store.figures().sessions() == 2000) {
                        store.remove(StoreFixture.key(3));
                    }
                    return store.put(record);
                }
            }),
    TICKET_NEVER_TOLD(
            "shouldNameEachTicketOnceInsideDoWorkWhenItsLoadHasEnded", (context, disk) -> new Faulty(context, disk) {
                @Override
                void onLoaded(StoreListener listener, long ticket) {
                    if (ticket % 3 != 0) {
                        listener.onLoaded(ticket);
                    }
                }
            }),
    TICKET_TOLD_TWICE(
            "shouldNameEachTicketOnceInsideDoWorkWhenItsLoadHasEnded", (context, disk) -> new Faulty(context, disk) {
                @Override
                void onLoaded(StoreListener listener, long ticket) {
                    listener.onLoaded(ticket);
                    listener.onLoaded(ticket);
                }
            }),
    WRONG_TICKET_TOLD(
            "shouldNameEachTicketOnceInsideDoWorkWhenItsLoadHasEnded", (context, disk) -> new Faulty(context, disk) {
                @Override
                void onLoaded(StoreListener listener, long ticket) {
                    listener.onLoaded(ticket + 1000);
                }
            }),
    TICKET_TOLD_AT_ONCE(
            "shouldNameEachTicketOnceInsideDoWorkWhenItsLoadHasEnded", (context, disk) -> new Faulty(context, disk) {
                @Override
                public LoadResult load(SessionKey key, long ticket) {
                    LoadResult result = store.load(key, ticket);
                    if (result == LoadResult.LOADING && listener != null) {
                        listener.onLoaded(ticket);
                    }
                    return result;
                }
            }),
    LOADED_BUT_NOT_RESIDENT(
            "shouldNameEachTicketOnceInsideDoWorkWhenItsLoadHasEnded", (context, disk) -> new Faulty(context, disk) {
                private final Set<Long> early = new HashSet<>();

                @Override
                public LoadResult load(SessionKey key, long ticket) {
                    LoadResult result = store.load(key, ticket);
                    if (result == LoadResult.LOADING && early.isEmpty() && listener != null) {
                        early.add(ticket);
                    }
                    return result;
                }

                @Override
                void onLoaded(StoreListener listener, long ticket) {
                    if (!early.contains(ticket)) {
                        listener.onLoaded(ticket);
                    }
                }

                @Override
                public int doWork(long nowNs) {
                    if (!early.isEmpty() && early.iterator().next() > 0) {
                        listener.onLoaded(early.iterator().next());
                        early.clear();
                        early.add(-1L);
                    }
                    return store.doWork(nowNs);
                }
            }),
    LOADS_BLOCK_ALL("shouldServeSessionsInMemoryWhileLoadsAreUnderWay", (context, disk) -> new Faulty(context, disk) {
        private long waiting;

        @Override
        public LoadResult load(SessionKey key, long ticket) {
            LoadResult result = store.load(key, ticket);
            waiting += result == LoadResult.LOADING ? 1 : 0;
            return result;
        }

        @Override
        public int doWork(long nowNs) {
            return waiting > 1 ? 1 : store.doWork(nowNs);
        }

        @Override
        public boolean read(SessionKey key, SessionRecord view) {
            return waiting <= 1 && store.read(key, view);
        }
    }),
    EVICTS_WITHIN_THE_CYCLE(
            "shouldAnswerAtOnceForTheRestOfTheDutyCycleWhatIsResident", (context, disk) -> new Faulty(context, disk) {
                private SessionKey last;

                @Override
                public LoadResult load(SessionKey key, long ticket) {
                    last = key;
                    return store.load(key, ticket);
                }

                @Override
                public boolean read(SessionKey key, SessionRecord view) {
                    return (last == null || last.equals(key)) && store.read(key, view);
                }
            }),
    PUT_OVER_SESSION_ON_DISK("shouldNeverTakeSessionsOnDiskForAbsent", (context, disk) -> new Faulty(context, disk) {
        @Override
        public StoreResult put(SessionRecord record) {
            StoreResult result = store.put(record);
            if (result == StoreResult.NOT_RESIDENT) {
                store.remove(record.key());
                return store.put(record);
            }
            return result;
        }
    }),
    READ_OF_SESSION_ON_DISK_MOVES_VIEW(
            "shouldNeverTakeSessionsOnDiskForAbsent", (context, disk) -> new Faulty(context, disk) {
                @Override
                public boolean read(SessionKey key, SessionRecord view) {
                    boolean isShown = store.read(key, view);
                    if (!isShown) {
                        SessionRecord other = StoreFixture.record(7).build();
                        view.wrap(other.buffer(), other.offset());
                    }
                    return isShown;
                }
            }),
    TOUCH_NEEDS_A_LOAD("shouldTouchAndRemoveWithoutLoading", (context, disk) -> new Faulty(context, disk) {
        @Override
        public StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
            return store.read(key, new SessionRecord())
                    ? store.touch(key, lastAccessedTimeMs)
                    : StoreResult.NOT_RESIDENT;
        }
    }),
    TOUCH_LOST_ON_DISK("shouldTouchAndRemoveWithoutLoading", (context, disk) -> new Faulty(context, disk) {
        @Override
        public StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
            return store.read(key, new SessionRecord()) ? store.touch(key, lastAccessedTimeMs) : StoreResult.STORED;
        }
    }),
    TOUCH_LOST_WHILE_LOADING(
            "shouldShowWhatIsHeldNowWhenSessionsChangeWhileTheyAreLoaded",
            (context, disk) -> new Faulty(context, disk) {
                @Override
                public StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
                    return loading.contains(key) ? StoreResult.STORED : store.touch(key, lastAccessedTimeMs);
                }
            }),
    REMOVAL_LOST_WHILE_LOADING(
            "shouldShowWhatIsHeldNowWhenSessionsChangeWhileTheyAreLoaded",
            (context, disk) -> new Faulty(context, disk) {
                @Override
                public StoreResult remove(SessionKey key) {
                    return loading.contains(key) ? StoreResult.STORED : store.remove(key);
                }
            }),
    CHANGE_LOST_AFTER_LOAD("shouldChangeSessionsThatHaveBeenOnDisk", (context, disk) -> new Faulty(context, disk) {
        @Override
        public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
            return loading.contains(key) && store.read(key, new SessionRecord())
                    ? StoreResult.STORED
                    : store.merge(key, delta, stamp, create, ageMs);
        }
    }),
    EXPIRY_LEAVES_OUT_SESSIONS_ON_DISK(
            "shouldNameExpiredSessionsOnDiskOldestFirst", (context, disk) -> new Faulty(context, disk) {
                @Override
                public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
                    List<Runnable> calls = new ArrayList<>();
                    store.visitExpired(nowMs, limit, (key, timeMs) -> calls.add(() -> visitor.onExpired(key, timeMs)));
                    calls.remove(0);
                    calls.forEach(Runnable::run);
                    return calls.size();
                }
            }),
    SNAPSHOT_LEAVES_OUT_SESSIONS_ON_DISK(
            "shouldShowSessionsOnDiskInSnapshot", (context, disk) -> new Faulty(context, disk) {
                @Override
                public StoreSnapshot openSnapshot() {
                    Set<SessionKey> cold = new HashSet<>();
                    for (int i = 0; i < 4000; i++) {
                        if (!store.read(StoreFixture.key(i), new SessionRecord())) {
                            cold.add(StoreFixture.key(i));
                        }
                    }
                    return DamagedView.filtered(store.openSnapshot(), cold);
                }
            }),
    SESSION_ON_DISK_FOUND_BY_ID_ALONE(
            "shouldTellApartSessionsOnDiskOfManyApplicationsWithOneId", (context, disk) -> new Faulty(context, disk) {
                private final Map<String, SessionKey> first = new HashMap<>();

                private SessionKey one(SessionKey key) {
                    return first.computeIfAbsent(key.id(), id -> key);
                }

                @Override
                public LoadResult load(SessionKey key, long ticket) {
                    return super.load(one(key), ticket);
                }

                @Override
                public boolean read(SessionKey key, SessionRecord view) {
                    return store.read(one(key), view);
                }
            }),
    CLEAR_LEAVES_WHAT_IS_LOADED(
            "shouldHoldNothingAfterClearThoughLoadsAreUnderWay", (context, disk) -> new Faulty(context, disk) {
                @Override
                public void clear() {
                    List<SessionRecord> kept = new ArrayList<>();
                    try (StoreSnapshot snapshot = store.openSnapshot()) {
                        snapshot.next(10_000, record -> {
                            if (loading.contains(record.key())) {
                                kept.add(new SessionRecord()
                                        .wrap(
                                                new org.agrona.concurrent.UnsafeBuffer(
                                                        SessionRecordBuilder.bytesOf(record)),
                                                0));
                            }
                        });
                    }
                    store.clear();
                    kept.forEach(store::put);
                }
            });

    private final String caughtBy;
    private final BiFunction<StoreContext, ReferenceDisk, SessionStore> opener;

    ResidencyFault(String caughtBy, BiFunction<StoreContext, ReferenceDisk, SessionStore> opener) {
        this.caughtBy = caughtBy;
        this.opener = opener;
    }

    @Override
    public String caughtBy() {
        return caughtBy;
    }

    @Override
    public boolean keepsSessions() {
        return true;
    }

    @Override
    public SessionStore open(StoreContext context, ReferenceDisk disk) {
        return opener.apply(context, disk);
    }

    /** A correct store whose talk to its listener can be disturbed. */
    private static class Faulty extends DelegatingSessionStore {
        final Set<SessionKey> loading = new HashSet<>();
        StoreListener listener;

        Faulty(StoreContext context, ReferenceDisk disk) {
            super(context, new ReferenceDurableStore(context, disk, ReferenceDurableStore.Pace.ORDINARY));
        }

        void onLoaded(StoreListener listener, long ticket) {
            listener.onLoaded(ticket);
        }

        @Override
        public LoadResult load(SessionKey key, long ticket) {
            LoadResult result = store.load(key, ticket);
            if (result == LoadResult.LOADING) {
                loading.add(key);
            }
            return result;
        }

        @Override
        public void listener(StoreListener listener) {
            this.listener = listener;
            store.listener(new StoreListener() {
                @Override
                public void onLoaded(long ticket) {
                    Faulty.this.onLoaded(listener, ticket);
                }

                @Override
                public void onDurable(long position) {
                    listener.onDurable(position);
                }

                @Override
                public void onFailed(String reason) {
                    listener.onFailed(reason);
                }
            });
        }
    }
}

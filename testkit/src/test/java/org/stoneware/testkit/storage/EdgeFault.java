package org.stoneware.testkit.storage;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;

/** Stores in memory that are wrong only at an edge. */
enum EdgeFault implements PlantedStoreFault {
    NO_MODE("shouldNameItsMode", context -> new DelegatingSessionStore(context) {
        @Override
        public String mode() {
            return "";
        }
    }),
    PUT_CHANGES_A_FIELD("shouldShowByteForByteWhatWasPut", context -> new DelegatingSessionStore(context) {
        @Override
        public StoreResult put(SessionRecord record) {
            return store.put(changed(record, 24, record.lastIndex() + 1));
        }
    }),
    MERGE_COMES_LATE("shouldCopyDeltaOfCaller", context -> new DelegatingSessionStore(context) {
        private Runnable late = () -> {};

        @Override
        public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
            late = () -> store.merge(key, delta, stamp, create, ageMs);
            return StoreResult.STORED;
        }

        @Override
        public LoadResult load(SessionKey key, long ticket) {
            late.run();
            late = () -> {};
            return store.load(key, ticket);
        }
    }),
    KINDS_MIXED_UP("shouldKeepAttributesOfApplicationAndContainerApart", context -> new Rewriting(context) {
        @Override
        void rewrite(SessionDelta delta, SessionDelta.Builder out) {
            delta.forEach((kind, name, removed, buffer, offset, length) -> {
                if (removed) {
                    out.remove(AttributeKind.APPLICATION, name);
                } else {
                    out.put(AttributeKind.APPLICATION, name, buffer, offset, length);
                }
            });
        }
    }),
    FIRST_ENTRY_COUNTS("shouldLetTheLastEntryForAnAttributeCount", context -> new Rewriting(context) {
        @Override
        void rewrite(SessionDelta delta, SessionDelta.Builder out) {
            Set<String> seen = new HashSet<>();
            delta.forEach((kind, name, removed, buffer, offset, length) -> {
                if (seen.add(name) && !removed) {
                    out.put(kind, name, buffer, offset, length);
                }
            });
        }
    }),
    ATTRIBUTES_BEYOND_4096_LOST("shouldKeepThousandsOfAttributes", context -> new Rewriting(context) {
        @Override
        void rewrite(SessionDelta delta, SessionDelta.Builder out) {
            int[] count = {0};
            delta.forEach((kind, name, removed, buffer, offset, length) -> {
                if (removed) {
                    out.remove(kind, name);
                } else if (count[0]++ < 4096) {
                    out.put(kind, name, buffer, offset, length);
                }
            });
        }
    }),
    INTERVAL_RESET_BY_EVERY_DELTA("shouldKeepIntervalWhenDeltaLeavesItAlone", context -> new Rewriting(context) {
        @Override
        void rewrite(SessionDelta delta, SessionDelta.Builder out) {
            delta.forEach((kind, name, removed, buffer, offset, length) -> out.put(kind, name, buffer, offset, length));
            if (delta.maxInactiveIntervalSec() == SessionDelta.UNCHANGED) {
                out.maxInactiveIntervalSec(0);
            }
        }
    }),
    KEYS_JOINED("shouldTellApartKeysThatReadAlikeWhenJoined", context -> new DelegatingSessionStore(context) {
        private final Map<String, SessionKey> first = new HashMap<>();

        private SessionKey one(SessionKey key) {
            return first.computeIfAbsent(key.id() + key.application(), joined -> key);
        }

        @Override
        public LoadResult load(SessionKey key, long ticket) {
            return store.load(one(key), ticket);
        }

        @Override
        public boolean read(SessionKey key, SessionRecord view) {
            return store.read(one(key), view);
        }

        @Override
        public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
            return store.merge(one(key), delta, stamp, create, ageMs);
        }
    }),
    LONGEST_ID_REFUSED("shouldKeepTinyRecordsAndExtremeKeys", context -> new DelegatingSessionStore(context) {
        @Override
        public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
            return key.idLength() > 255 ? StoreResult.FULL : store.merge(key, delta, stamp, create, ageMs);
        }
    }),
    EIGHT_MEBIBYTES_ARE_ENOUGH("shouldKeepHugeRecords", context -> new DelegatingSessionStore(context) {
        @Override
        public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
            return delta.length() > 8 << 20 ? StoreResult.FULL : store.merge(key, delta, stamp, create, ageMs);
        }
    }),
    LONGEST_RECORD_REFUSED(
            "shouldKeepRecordOfExactlyTheLengthAllowed",
            context -> new DelegatingSessionStore(new StoreContext(
                    context.directory(), context.maxMemoryBytes(), context.maxRecordLength() - 1, context.notices()))),
    FREED_MEMORY_FITS_SHORT_RECORDS_ONLY(
            "shouldAcceptSessionsOfOtherLengthWhenOthersAreGone", context -> new DelegatingSessionStore(context) {
                private boolean wasFull;

                @Override
                public StoreResult put(SessionRecord record) {
                    StoreResult result = wasFull && record.length() > 100_000 ? StoreResult.FULL : store.put(record);
                    wasFull |= result == StoreResult.FULL;
                    return result;
                }
            }),
    EVERY_HUNDREDTH_PUT_LOST("shouldBehaveAsReferenceWhateverHappens", EdgeFault::losingPuts),
    EVERY_HUNDREDTH_PUT_LOST_WHEN_TIGHT(
            "shouldBehaveAsReferenceExceptForRefusalsWhenMemoryIsTight", EdgeFault::losingPuts),
    INTERVAL_COUNTED_IN_AN_INT(
            "shouldCountIntervalsBeyondTheRangeOfAnInt", context -> new DelegatingSessionStore(context) {
                @Override
                public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
                    List<SessionRecord> named = records(record ->
                            record.lastAccessedTimeMs() + (int) (record.maxInactiveIntervalSec() * 1000L) < nowMs);
                    named.forEach(record -> visitor.onExpired(record.key(), record.lastAccessedTimeMs()));
                    return named.size();
                }
            }),
    INTERVAL_OF_ZERO_EXPIRES_AT_ONCE(
            "shouldNeverNameSessionWithoutPositiveInterval", context -> new DelegatingSessionStore(context) {
                @Override
                public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
                    List<SessionRecord> named = records(record -> record.maxInactiveIntervalSec() == 0);
                    named.forEach(record -> visitor.onExpired(record.key(), record.lastAccessedTimeMs()));
                    return named.size() + store.visitExpired(nowMs, limit, visitor);
                }
            }),
    NEVER_EXPIRING_FOR_EVER("shouldFollowChangesFromAndToNeverExpiring", context -> new HidingExpired(context) {
        @Override
        public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
            if (delta.maxInactiveIntervalSec() == 0) {
                hidden.add(key);
            }
            return store.merge(key, delta, stamp, create, ageMs);
        }
    }),
    PUT_NEVER_MOVES_EXPIRY_BACK(
            "shouldFollowRecordThatWasPutWithEarlierLastAccess", context -> new DelegatingSessionStore(context) {
                @Override
                public StoreResult put(SessionRecord record) {
                    SessionRecord held = copy(record.key());
                    long latest = held == null ? 0 : held.lastAccessedTimeMs();
                    return store.put(changed(record, 40, Math.max(latest, record.lastAccessedTimeMs())));
                }
            }),
    REMOVED_SESSION_EXPIRES("shouldNotNameRemovedSessions", context -> new DelegatingSessionStore(context) {
        private final List<SessionKey> removed = new ArrayList<>();

        @Override
        public StoreResult remove(SessionKey key) {
            removed.add(key);
            return store.remove(key);
        }

        @Override
        public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
            removed.forEach(key -> visitor.onExpired(key, 0));
            return removed.size() + store.visitExpired(nowMs, limit, visitor);
        }
    }),
    EXPIRY_MISSES_ONE_AMONG_MANY("shouldKeepOrderWhileManySessionsComeAndGo", context -> new HidingExpired(context) {
        @Override
        public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
            hidden.clear();
            if (store.figures().sessions() > 100) {
                store.visitExpired(nowMs, 40, (key, timeMs) -> {
                    hidden.clear();
                    hidden.add(key);
                });
            }
            return super.visitExpired(nowMs, limit, visitor);
        }
    }),
    TOUCH_DOES_NOT_SPARE("shouldSpareSessionThatWasTouched", context -> new DelegatingSessionStore(context) {
        @Override
        public StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
            return StoreResult.STORED;
        }
    }),
    LAST_ACCESS_NOT_TOLD("shouldTellLastAccessOfExpiredSession", context -> new DelegatingSessionStore(context) {
        @Override
        public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
            return store.visitExpired(nowMs, limit, (key, timeMs) -> visitor.onExpired(key, 0));
        }
    }),
    EMPTY_SLOT_SHOWS_NEIGHBOUR("shouldShowNothingInEmptySlot", context -> new DelegatingSessionStore(context) {
        @Override
        public void visitSlot(int slot, RecordVisitor visitor) {
            store.visitSlot((slot + SessionKey.SLOT_COUNT - 1) % SessionKey.SLOT_COUNT, visitor);
        }
    }),
    SNAPSHOT_MISSES_ONE("shouldShowEverySessionInSnapshotOfQuietStore", context -> new DelegatingSessionStore(context) {
        @Override
        public StoreSnapshot openSnapshot() {
            return DamagedView.filtered(store.openSnapshot(), Set.of(StoreFixture.key(299)));
        }
    }),
    SNAPSHOT_SHOWS_THE_FUTURE(
            "shouldShowRecordsAsTheyAreWhenTheirTurnComes", context -> new DelegatingSessionStore(context) {
                @Override
                public StoreSnapshot openSnapshot() {
                    return new OtherSnapshot(store.openSnapshot()) {
                        @Override
                        public int next(int limit, SessionStore.RecordVisitor visitor) {
                            return snapshot.next(
                                    limit,
                                    record -> visitor.onRecord(changed(record, 8, record.version() + 1_000_000)));
                        }
                    };
                }
            }),
    EMPTY_SNAPSHOT_NEVER_ENDS("shouldEndSnapshotOfEmptyStore", EdgeFault::endlessWhenEmpty),
    CLEARED_SNAPSHOT_NEVER_ENDS("shouldEndSnapshotWhenStoreIsClearedMeanwhile", EdgeFault::endlessWhenEmpty),
    SNAPSHOT_CLOSES_ONCE_ONLY(
            "shouldAllowSnapshotToBeClosedEarlyAndTwice", context -> new DelegatingSessionStore(context) {
                @Override
                public StoreSnapshot openSnapshot() {
                    return new OtherSnapshot(store.openSnapshot()) {
                        private boolean isClosed;

                        @Override
                        public void close() {
                            if (isClosed) {
                                throw new IllegalStateException("closed");
                            }
                            isClosed = true;
                        }
                    };
                }
            });

    private final String caughtBy;
    private final Function<StoreContext, SessionStore> opener;

    EdgeFault(String caughtBy, Function<StoreContext, SessionStore> opener) {
        this.caughtBy = caughtBy;
        this.opener = opener;
    }

    @Override
    public String caughtBy() {
        return caughtBy;
    }

    @Override
    public boolean keepsSessions() {
        return false;
    }

    @Override
    public boolean holdsMoreThanMemory() {
        return false;
    }

    @Override
    public SessionStore open(StoreContext context, ReferenceDisk disk) {
        return opener.apply(context);
    }

    private static SessionStore losingPuts(StoreContext context) {
        return new DelegatingSessionStore(context) {
            private int puts;

            @Override
            public StoreResult put(SessionRecord record) {
                return ++puts % 100 == 0 ? StoreResult.STORED : store.put(record);
            }
        };
    }

    private static SessionStore endlessWhenEmpty(StoreContext context) {
        return new DelegatingSessionStore(context) {
            @Override
            public StoreSnapshot openSnapshot() {
                return new OtherSnapshot(store.openSnapshot()) {
                    @Override
                    public int next(int limit, SessionStore.RecordVisitor visitor) {
                        return store.figures().sessions() == 0 ? 0 : snapshot.next(limit, visitor);
                    }
                };
            }
        };
    }

    /** Copy of a record with another number at an offset. */
    private static SessionRecord changed(SessionRecord record, int offset, long number) {
        UnsafeBuffer copy = new UnsafeBuffer(SessionRecordBuilder.bytesOf(record));
        copy.putLong(offset, number, LITTLE_ENDIAN);
        return new SessionRecord().wrap(copy, 0);
    }

    /** A store that applies other changes than it is given. */
    private abstract static class Rewriting extends DelegatingSessionStore {
        Rewriting(StoreContext context) {
            super(context);
        }

        abstract void rewrite(SessionDelta delta, SessionDelta.Builder out);

        @Override
        public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
            SessionDelta.Builder out = new SessionDelta.Builder(new ExpandableArrayBuffer());
            out.maxInactiveIntervalSec(delta.maxInactiveIntervalSec());
            rewrite(delta, out);
            out.finish();
            return store.merge(key, new SessionDelta().wrap(out.buffer(), 0), stamp, create, ageMs);
        }
    }

    /** A store that keeps some expired sessions to itself. */
    private static class HidingExpired extends DelegatingSessionStore {
        final Set<SessionKey> hidden = new HashSet<>();

        HidingExpired(StoreContext context) {
            super(context);
        }

        @Override
        public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
            int[] count = {0};
            store.visitExpired(nowMs, limit, (key, timeMs) -> {
                if (!hidden.contains(key)) {
                    count[0]++;
                    visitor.onExpired(key, timeMs);
                }
            });
            return count[0];
        }
    }

    private static class OtherSnapshot implements StoreSnapshot {
        final StoreSnapshot snapshot;

        OtherSnapshot(StoreSnapshot snapshot) {
            this.snapshot = snapshot;
        }

        @Override
        public int next(int limit, SessionStore.RecordVisitor visitor) {
            return snapshot.next(limit, visitor);
        }

        @Override
        public void close() {
            snapshot.close();
        }
    }
}

package org.stoneware.testkit.storage;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreFigures;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.spi.storage.StoreListener;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.testkit.storage.ReferenceDisk.Entry;

/** Stores over a disk that break one promise each about what outlives the process, about notes, or about a disk in trouble. */
enum DurabilityFault implements PlantedStoreFault {
    NOT_EMPTIED_AT_START("shouldStartEmptyOverWhatAnEarlierRunLeftWhenModeKeepsNothing", Faulty::new) {
        @Override
        public boolean keepsSessions() {
            return false;
        }
    },
    NOTES_KEPT_BY_MODE_THAT_KEEPS_NOTHING("shouldHaveNoNotesWhenModeKeepsNothing", Faulty::new) {
        @Override
        public boolean keepsSessions() {
            return false;
        }
    },
    TOUCHES_LOST_OVER_RESTART("shouldShowAfterCloseWhatWasDurable", Faulty.without(Entry.Touch.class::isInstance)),
    REMOVALS_LOST_OVER_RESTART("shouldShowAfterCloseWhatWasDurable", Faulty.without(Entry.Remove.class::isInstance)),
    VERSIONS_FORGOTTEN_OVER_RESTART("shouldShowAfterCloseWhatWasDurable", (context, disk) -> new Faulty(context, disk) {
        @Override
        public StoreResult put(SessionRecord record) {
            return isReopened ? force(record) : store.put(record);
        }
    }),
    EXPIRY_FORGOTTEN_OVER_RESTART(
            "shouldNameExpiredSessionsOfEarlierRunOldestFirst", (context, disk) -> new Faulty(context, disk) {
                @Override
                public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
                    return 0;
                }
            }),
    LONG_RECORDS_LOST_OVER_RESTART(
            "shouldShowAfterKillWhatWasDurableThoughHugeOrTinyOrOddlyNamed",
            Faulty.without(entry -> entry instanceof Entry.Put put && put.bytes().length > 900_000)),
    CLEAR_LOST_OVER_RESTART("shouldNotBringBackWhatClearTookAway", Faulty.without(Entry.Clear.class::isInstance)),
    POSITIONS_FALL_AT_CLEAR("shouldNotBringBackWhatClearTookAway", (context, disk) -> new Faulty(context, disk) {
        private long base;

        @Override
        public void clear() {
            store.clear();
            base = store.appendPosition();
        }

        @Override
        public long appendPosition() {
            return store.appendPosition() - base;
        }
    }),
    DURABLE_NEVER_TOLD("shouldTellRisingDurablePositionsInsideDoWork", (context, disk) -> new Faulty(context, disk) {
        @Override
        public void listener(StoreListener listener) {}
    }),
    DURABLE_TOLD_BY_THE_CHANGE(
            "shouldTellRisingDurablePositionsInsideDoWork", (context, disk) -> new Faulty(context, disk) {
                @Override
                public StoreResult put(SessionRecord record) {
                    StoreResult result = store.put(record);
                    listener.onDurable(store.appendPosition());
                    return result;
                }
            }),
    DURABLE_TOLD_OVER_AND_OVER(
            "shouldTellRisingDurablePositionsInsideDoWork", (context, disk) -> new Faulty(context, disk) {
                @Override
                public int doWork(long nowNs) {
                    int workDone = store.doWork(nowNs);
                    listener.onDurable(store.durablePosition());
                    return workDone;
                }
            }),
    FOUND_BUT_NOT_DURABLE(
            "shouldGoOnFromThePositionsOfTheEarlierRunOrAnyOther", (context, disk) -> new Faulty(context, disk) {
                @Override
                public long durablePosition() {
                    return isReopened ? store.durablePosition() - 1 : store.durablePosition();
                }
            }),
    DURABLE_TOO_EARLY(
            "shouldShowAfterKillAPrefixOfTheChangesThatCoversAllThatWasDurable",
            (context, disk) -> new Faulty(context, disk) {
                @Override
                public long durablePosition() {
                    return store.appendPosition();
                }
            }),
    HOLE_AFTER_KILL("shouldShowAfterKillAPrefixOfTheChangesThatCoversAllThatWasDurable", (context, disk) -> {
        if (disk.length() > 20) {
            disk.entries().remove(disk.length() - 2);
        }
        return new Faulty(context, disk);
    }),
    DURABLE_TOO_EARLY_WHEN_TIGHT(
            "shouldShowAfterKillAPrefixOfTheChangesThoughMemoryIsTight", (context, disk) -> new Faulty(context, disk) {
                @Override
                public long durablePosition() {
                    return store.appendPosition();
                }
            }),
    DURABLE_TOO_EARLY_WHEN_NOT_FORCED(
            "shouldShowAfterKillAPrefixOfTheChangesThoughTheyAreNotForcedOneByOne",
            (context, disk) -> new Faulty(context, disk) {
                @Override
                public long durablePosition() {
                    return store.appendPosition();
                }
            }),
    NOTES_LOST("shouldShowNotesOfEarlierRunOldestFirst", Faulty.without(Entry.Note.class::isInstance)),
    NOTES_NEWEST_FIRST("shouldShowNotesOfEarlierRunOldestFirst", (context, disk) -> new Faulty(context, disk) {
        @Override
        public void visitNotes(NoteVisitor visitor) {
            List<byte[]> notes = new ArrayList<>();
            store.visitNotes((buffer, offset, length) -> {
                byte[] bytes = new byte[length];
                buffer.getBytes(offset, bytes);
                notes.add(bytes);
            });
            Collections.reverse(notes);
            notes.forEach(note -> visitor.onNote(new UnsafeBuffer(note), 0, note.length));
        }
    }),
    EMPTY_NOTE_LOST(
            "shouldShowNotesOfEarlierRunOldestFirst",
            Faulty.without(entry -> entry instanceof Entry.Note note && note.bytes().length == 0)),
    NOTE_OFFSET_IGNORED("shouldShowNotesOfEarlierRunOldestFirst", (context, disk) -> new Faulty(context, disk) {
        @Override
        public void note(DirectBuffer note, int offset, int length) {
            store.note(note, 0, length);
        }
    }),
    NOTE_IS_NO_CHANGE("shouldCountNotesAsChanges", (context, disk) -> new Faulty(context, disk) {
        private long notes;

        @Override
        public void note(DirectBuffer note, int offset, int length) {
            store.note(note, offset, length);
            notes++;
        }

        @Override
        public long appendPosition() {
            return store.appendPosition() - notes;
        }
    }),
    CHECKPOINT_IGNORED(
            "shouldShowNotesFromTheBeginOfTheLastCompleteCheckpoint", (context, disk) -> new Faulty(context, disk) {
                @Override
                public void endCheckpoint() {}
            }),
    CHECKPOINT_FORGETS_ITS_OWN_NOTES(
            "shouldShowNotesFromTheBeginOfTheLastCompleteCheckpoint", (context, disk) -> new Faulty(context, disk) {
                @Override
                public void endCheckpoint() {
                    store.beginCheckpoint();
                    store.endCheckpoint();
                }
            }),
    BEGIN_FORGETS_OLDER_NOTES(
            "shouldKeepOlderNotesInForceWhenEndCameWithinACheckpoint", (context, disk) -> new Faulty(context, disk) {
                @Override
                public void beginCheckpoint() {
                    store.beginCheckpoint();
                    store.endCheckpoint();
                }
            }),
    BEGIN_OF_EARLIER_RUN_TAKEN(
            "shouldKeepOlderNotesInForceWhenEndCameWithinACheckpoint", (context, disk) -> new Faulty(context, disk) {
                private boolean isBegun;

                @Override
                public void beginCheckpoint() {
                    isBegun = true;
                    if (!isReopened) {
                        store.beginCheckpoint();
                    }
                }

                @Override
                public void endCheckpoint() {
                    if (isBegun) {
                        store.endCheckpoint();
                    }
                }
            }),
    NOTES_BYTES_STAND(
            "shouldSayHowManyBytesOfNotesCameSinceTheLastCheckpoint", (context, disk) -> new Faulty(context, disk) {
                @Override
                public long notesBytes() {
                    return 0;
                }
            }),
    NOTES_BYTES_NEVER_FALL(
            "shouldSayHowManyBytesOfNotesCameSinceTheLastCheckpoint", (context, disk) -> new Faulty(context, disk) {
                private long bytes;

                @Override
                public void note(DirectBuffer note, int offset, int length) {
                    bytes += length;
                }

                @Override
                public long notesBytes() {
                    return bytes;
                }
            }),
    CLEAR_FORGETS_NOTES("shouldKeepNotesThoughSessionsAreCleared", (context, disk) -> new Faulty(context, disk) {
        @Override
        public void clear() {
            store.clear();
            store.beginCheckpoint();
            store.endCheckpoint();
        }
    }),
    NOTES_KEEP_THEIR_DISK("shouldGiveDiskBackThatOldNotesTook", (context, disk) -> new Faulty(context, disk) {
        private long bytes;

        @Override
        public void note(DirectBuffer note, int offset, int length) {
            store.note(note, offset, length);
            bytes += length;
        }

        @Override
        public StoreFigures figures() {
            StoreFigures f = store.figures();
            return new StoreFigures(
                    f.sessions(), f.payloadBytes(), f.memoryUsedBytes(), f.memoryMaxBytes(), bytes, f.diskMaxBytes());
        }
    }),
    NOTE_OVERTAKES_CHANGE("shouldKeepNotesInOrderWithTheChangesAroundThem", (context, disk) -> {
        for (int i = disk.length() - 1; i >= 0; i--) {
            if (disk.entries().get(i) instanceof Entry.Put) {
                disk.entries().remove(i);
                break;
            }
        }
        return new Faulty(context, disk);
    }),
    SICK_AT_FIRST("shouldBeHealthyAtFirst", (context, disk) -> new Faulty(context, disk) {
        @Override
        public StoreHealth health() {
            return new StoreHealth(StoreHealth.State.OK, "fine so far");
        }
    }),
    COUNTER_NAMED_TWICE("shouldNameItsCountersOnceAndInLowerCase", (context, disk) -> new Faulty(context, disk) {
        @Override
        public void visitCounters(CounterVisitor visitor) {
            store.visitCounters(visitor);
            store.visitCounters(visitor);
        }
    }),
    COUNTER_NAMED_ODDLY("shouldNameItsCountersOnceAndInLowerCase", (context, disk) -> new Faulty(context, disk) {
        @Override
        public void visitCounters(CounterVisitor visitor) {
            visitor.onCounter("Loads Under Way", 1);
        }
    }),
    DISK_BOUND_IGNORED(
            "shouldRefuseWhatDiskHasNoRoomForAndKeepTheRest",
            (context, disk) -> new Faulty(
                    new StoreContext(
                            context.directory(),
                            context.maxMemoryBytes(),
                            context.maxRecordLength(),
                            context.notices()),
                    disk)),
    FULL_DISK_NOT_SAID("shouldRefuseWhatDiskHasNoRoomForAndKeepTheRest", (context, disk) -> new Faulty(context, disk) {
        @Override
        public StoreHealth health() {
            return StoreHealth.OK;
        }
    }),
    FULL_DISK_WITHOUT_REASON(
            "shouldRefuseWhatDiskHasNoRoomForAndKeepTheRest", (context, disk) -> new Faulty(context, disk) {
                @Override
                public StoreHealth health() {
                    return new StoreHealth(store.health().state(), "");
                }
            }),
    FULL_DISK_REFUSES_REMOVAL("shouldTouchAndRemoveThoughDiskIsFull", (context, disk) -> new Faulty(context, disk) {
        @Override
        public StoreResult remove(SessionKey key) {
            return store.health().state() == StoreHealth.State.FULL ? StoreResult.FULL : store.remove(key);
        }
    }),
    FULL_DISK_REFUSES_TOUCH("shouldTouchAndRemoveThoughDiskIsFull", (context, disk) -> new Faulty(context, disk) {
        @Override
        public StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
            return store.health().state() == StoreHealth.State.FULL
                    ? StoreResult.FULL
                    : store.touch(key, lastAccessedTimeMs);
        }
    }),
    FULL_DISK_FOR_EVER("shouldHealByItselfWhenDiskHasRoomAgain", (context, disk) -> new Faulty(context, disk) {
        private StoreHealth worst = StoreHealth.OK;

        @Override
        public StoreHealth health() {
            worst = store.health().state() == StoreHealth.State.FULL ? store.health() : worst;
            return worst;
        }
    }),
    FAILURE_HEALS("shouldRefuseAllChangesForEverOnceTheDiskHasFailed", (context, disk) -> new Faulty(context, disk) {
        @Override
        public StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
            return StoreResult.STORED;
        }
    }),
    FAILURE_TOLD_IN_EVERY_CYCLE(
            "shouldRefuseAllChangesForEverOnceTheDiskHasFailed", (context, disk) -> new Faulty(context, disk) {
                @Override
                public int doWork(long nowNs) {
                    if (listener != null && store.health().state() == StoreHealth.State.FAILED) {
                        listener.onFailed("still");
                    }
                    return store.doWork(nowNs);
                }
            }),
    FAILURE_ENDS_READING(
            "shouldRefuseAllChangesForEverOnceTheDiskHasFailed", (context, disk) -> new Faulty(context, disk) {
                @Override
                public boolean read(SessionKey key, SessionRecord view) {
                    return store.health().state() != StoreHealth.State.FAILED && store.read(key, view);
                }
            }),
    DURABLE_GOES_ON_AFTER_FAILURE(
            "shouldRefuseAllChangesForEverOnceTheDiskHasFailed", (context, disk) -> new Faulty(context, disk) {
                @Override
                public long durablePosition() {
                    return store.health().state() == StoreHealth.State.FAILED
                            ? store.appendPosition()
                            : store.durablePosition();
                }
            }),
    SESSIONS_GO_WITH_THE_DISK(
            "shouldLoseNoSessionWhenTheDiskFailsInAModeThatKeepsNothing", (context, disk) -> new Faulty(context, disk) {
                @Override
                public LoadResult load(SessionKey key, long ticket) {
                    LoadResult result = store.load(key, ticket);
                    boolean isFailed = store.health().state() == StoreHealth.State.FAILED;
                    return isFailed && result != LoadResult.RESIDENT ? LoadResult.ABSENT : result;
                }
            }) {
        @Override
        public boolean keepsSessions() {
            return false;
        }
    },
    FAILURE_HUSHED_UP(
            "shouldLoseNoSessionWhenTheDiskFailsInAModeThatKeepsNothing", (context, disk) -> new Faulty(context, disk) {
                @Override
                public StoreHealth health() {
                    return StoreHealth.OK;
                }
            }) {
        @Override
        public boolean keepsSessions() {
            return false;
        }
    },
    FAILURE_TAKES_WHAT_WAS_DURABLE(
            "shouldShowAfterAFailureOfTheDiskWhatWasDurableBefore", (context, disk) -> new Faulty(context, disk) {
                @Override
                public int doWork(long nowNs) {
                    int workDone = store.doWork(nowNs);
                    if (store.health().state() == StoreHealth.State.FAILED) {
                        disk.entries().replaceAll(entry -> new Entry.ForgottenNote());
                    }
                    return workDone;
                }
            });

    private final String caughtBy;
    private final BiFunction<StoreContext, ReferenceDisk, SessionStore> opener;

    DurabilityFault(String caughtBy, BiFunction<StoreContext, ReferenceDisk, SessionStore> opener) {
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

    /** A correct store that remembers its listener. */
    private static class Faulty extends DelegatingSessionStore {
        final boolean isReopened;
        StoreListener listener;

        Faulty(StoreContext context, ReferenceDisk disk) {
            super(context, new ReferenceDurableStore(context, disk, ReferenceDurableStore.Pace.ORDINARY));
            isReopened = disk.length() > 0;
        }

        /** Stores that do not find what an earlier run wrote, as far as it is of this kind. */
        static BiFunction<StoreContext, ReferenceDisk, SessionStore> without(Predicate<Entry> lost) {
            return (context, disk) -> {
                disk.entries().replaceAll(entry -> lost.test(entry) ? new Entry.ForgottenNote() : entry);
                return new Faulty(context, disk);
            };
        }

        @Override
        public void listener(StoreListener listener) {
            this.listener = listener;
            store.listener(listener);
        }
    }
}

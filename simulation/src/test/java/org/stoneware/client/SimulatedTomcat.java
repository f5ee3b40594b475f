package org.stoneware.client;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.stoneware.api.session.SessionKey;
import org.stoneware.simulation.Habits;
import org.stoneware.simulation.Ledger;
import org.stoneware.simulation.PlantedBug;
import org.stoneware.simulation.RequestHistory;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.SessionProtocol;
import org.stoneware.wire.session.WriteStatus;

/**
 * A Tomcat without threads: the shipping {@link OwnedSessions} and {@link RequestExchange}, and a few browsers whose every request
 * adds one to a counter in a session. Lives in the client's package because those classes are nobody else's business.
 */
public final class SimulatedTomcat extends TomcatProtocol {
    private static final long OPERATION_TIMEOUT_NS = 1_000 * MS;
    private static final int OWNER_WAIT_MS = 600;
    private static final int BROWSERS = 3;
    /** One request in so many ends its session. */
    private static final int END_ONE_IN = 40;
    /** One request in so many that gave its session up has a slow browser. */
    private static final int SLOW_ONE_IN = 4;

    private final Random random;
    private final Ledger ledger;
    private final Habits habits;
    private final Map<SessionKey, Copy> copies = new HashMap<>();
    private final List<Browser> browsers = new ArrayList<>();
    private long nextTouchNs;
    private boolean isStopping;

    /** What this Tomcat knows of a session; shared by its requests, as in any Tomcat. */
    private static final class Copy {
        long version;
        long counter;
        Browser writer;
        /** The outcome of a change is not known, so nothing may be built on it; who uses it fails. */
        boolean isLost;
    }

    private enum Step {
        IDLE,
        OPENING,
        READING,
        WAITING_FOR_TURN,
        WORKING,
        COMMITTING,
        /** Has given its session up; the browser has the last bytes yet to take. */
        SENDING
    }

    public SimulatedTomcat(long id, long seed, Ledger ledger, Habits habits, PlantedBug bug) {
        super(id, bug, id % 2 == 1);
        this.random = new Random(seed);
        this.ledger = ledger;
        this.habits = habits;
        for (int i = 0; i < BROWSERS; i++) {
            browsers.add(new Browser());
        }
    }

    /** True while a request waits to be given a session. */
    public boolean isAsking() {
        return browsers.stream().anyMatch(browser -> browser.step == Step.OPENING);
    }

    /** No browser asks for anything more. */
    public void stop() {
        isStopping = true;
    }

    public boolean isIdle() {
        for (Browser browser : browsers) {
            if (browser.step != Step.IDLE) {
                return false;
            }
        }
        return true;
    }

    public String state() {
        StringBuilder text = new StringBuilder("tomcat " + id + " registered=" + isRegistered());
        for (Browser browser : browsers) {
            text.append(' ').append(browser.step).append(' ').append(browser.key);
        }
        return text.toString();
    }

    public void step(long now) {
        nowNs = now;
        renewWhenDue();
        if (isRegistered() && nowNs - nextTouchNs >= 0) {
            nextTouchNs = nowNs + 500 * MS;
            exchange.flushTouches(nowNs);
        }
        for (Browser browser : browsers) {
            browser.doWork();
        }
    }

    @Override
    Set<SessionKey> known() {
        return copies.keySet();
    }

    @Override
    SessionKey askedFor(long requestId) {
        for (Browser browser : browsers) {
            if (browser.request != null && browser.request.id == requestId) {
                return browser.key;
            }
        }
        return null;
    }

    /** One browser, one request at a time; does what {@link AgentSessionClient} does for a request thread. */
    private final class Browser {
        private Step step = Step.IDLE;
        private SessionKey key;
        private Copy copy;
        private PendingRequest request;
        private RequestHistory.Request reading;
        private RequestHistory.Request changing;
        private long deadlineNs;
        private long untilNs;
        private long beganNs;
        private long seenAtLeast;
        private long written;
        private boolean isLast;
        private boolean isEnd;

        void doWork() {
            if (isInUse()) {
                ledger.onUse(key);
            }
            switch (step) {
                case IDLE -> {
                    if (!isStopping && nowNs >= untilNs) {
                        begin();
                    }
                }
                case OPENING -> opening();
                case READING -> {
                    if (nowNs >= untilNs) {
                        end();
                    }
                }
                case WAITING_FOR_TURN -> waitForTurn();
                case WORKING -> {
                    if (nowNs >= untilNs) {
                        commit();
                    }
                }
                case COMMITTING -> committing();
                case SENDING -> {
                    if (nowNs >= untilNs) {
                        endUse(OwnedSessions.Ending.GIVEN_UP);
                        pause();
                    }
                }
            }
        }

        private void begin() {
            key = ledger.chooseKey(id, habits.stickyOf100(), random);
            beganNs = ledger.nowNs();
            if (ledger.isCreator(id, key)) {
                owned.create(key);
                copy = new Copy();
                copies.put(key, copy);
                step = Step.WAITING_FOR_TURN;
                return;
            }
            Copy kept = copies.get(key);
            seenAtLeast = ledger.acknowledged(key);
            reading = ledger.history().read(key, id);
            long known = kept == null ? 0 : kept.version;
            if (known != 0 && tryOpen(key, known)) {
                opened();
                return;
            }
            int length = requests.getOwn(out, 0, 0, known, OWNER_WAIT_MS, key);
            request = new PendingRequest(key, bytes(length), true, 0);
            deadlineNs = nowNs + OPERATION_TIMEOUT_NS + OWNER_WAIT_MS * MS;
            step = Step.OPENING;
            exchange.send(request);
        }

        private void opening() {
            if (!request.isDone()) {
                giveUpWhenOverdue();
                return;
            }
            Copy known = copies.get(key);
            if (known != null && known.writer != null && known.writer.step == Step.COMMITTING) {
                // What a commit under way brings comes first, as the lock of a session in the valve has it.
                return;
            }
            switch (request.ownStatus) {
                case LOADED -> {
                    if (known != null && request.answerVersion > known.version && isUsedByOthers(known)) {
                        // Whoever works with it has not seen what there is now, as in the valve.
                        known.isLost = true;
                        copies.remove(key, known);
                    }
                    Copy loaded = copies.computeIfAbsent(key, k -> new Copy());
                    // Another request of this Tomcat may have changed the session since the server answered.
                    if (request.answerVersion > loaded.version) {
                        loaded.version = request.answerVersion;
                        loaded.counter = counterOf(request.record);
                    }
                    opened();
                }
                case CURRENT -> {
                    if (known == null) {
                        // It was lost meanwhile, and there is nothing to show.
                        endUse(OwnedSessions.Ending.WHOLE);
                        pause();
                    } else {
                        opened();
                    }
                }
                case ABSENT -> {
                    reading.answered(0);
                    pause();
                }
                case BUSY -> {
                    ledger.onBusy(key, beganNs);
                    pause();
                }
            }
        }

        private boolean isUsedByOthers(Copy used) {
            return browsers.stream().anyMatch(each -> each != this && each.copy == used && each.isInUse());
        }

        private boolean isInUse() {
            return step != Step.IDLE && step != Step.OPENING && step != Step.SENDING;
        }

        private void giveUpWhenOverdue() {
            if (nowNs - deadlineNs >= 0) {
                request.isCancelled = true;
                exchange.cancel(request);
                ledger.onTimeout(key, state());
                pause();
            }
        }

        private void opened() {
            copy = copies.get(key);
            reading.answered(copy.counter);
            ledger.onRead(key, copy.counter, seenAtLeast);
            if (random.nextInt(3) == 0) {
                untilNs = nowNs + random.nextInt(8) * MS;
                step = Step.READING;
            } else {
                step = Step.WAITING_FOR_TURN;
            }
        }

        private void waitForTurn() {
            if (copy.writer == null) {
                copy.writer = this;
                written = copy.counter + 1;
                isLast = random.nextInt(3) > 0;
                isEnd = random.nextInt(END_ONE_IN) == 0;
                untilNs = nowNs + random.nextInt(random.nextInt(habits.longOneIn()) == 0 ? 300 : 8) * MS;
                step = Step.WORKING;
            }
        }

        private void commit() {
            OwnedEntry entry = owned.entry(key);
            boolean isFenced = entry == null || entry.fencedUses > 0 || entry.isReleased;
            if (entry == null || copy.isLost || (isFenced && bug != PlantedBug.FENCE_IGNORED)) {
                end();
                return;
            }
            if (isEnd && !entry.isNew) {
                sendEnd(entry);
            } else {
                sendChange(entry);
            }
            deadlineNs = nowNs + OPERATION_TIMEOUT_NS;
            step = Step.COMMITTING;
            exchange.send(request);
        }

        private void sendEnd(OwnedEntry entry) {
            int length = requests.remove(out, 0, 0, entry.token, entry.version, key);
            request = new PendingRequest(key, bytes(length), false, entry.token);
            request.isRemoval = true;
            owned.beginRemoval(entry);
            ledger.onEndSent(key);
            changing = ledger.history().end(key, id);
        }

        private void sendChange(OwnedEntry entry) {
            int flags = entry.isNew ? SessionProtocol.WRITE_CREATE : 0;
            if (owned.releasesWithWrite(entry, isLast)) {
                flags |= SessionProtocol.WRITE_RELEASE;
                owned.beginRelease(entry);
            }
            int length = encodeWrite(entry, flags, key, written);
            request = new PendingRequest(key, bytes(length), false, entry.token);
            ledger.onSent(key, written);
            changing = ledger.history().change(key, id, written - 1);
            if (bug == PlantedBug.SHOWN_BEFORE_ANSWERED) {
                copy.counter = written;
            }
        }

        private void committing() {
            if (!request.isDone()) {
                if (nowNs - deadlineNs >= 0) {
                    request.isCancelled = true;
                    exchange.cancel(request);
                    owned.onUnknown(key);
                    ledger.onTimeout(key, state());
                    copy.isLost = true;
                    copies.remove(key, copy);
                    end();
                }
                return;
            }
            if (request.isRemoval) {
                onEndAnswered();
            } else {
                onChangeAnswered();
            }
            if (request.isReleased && random.nextInt(SLOW_ONE_IN) == 0) {
                copy.writer = null;
                untilNs = nowNs + random.nextInt(600) * MS;
                step = Step.SENDING;
                return;
            }
            end();
        }

        private void onEndAnswered() {
            if (request.writeStatus == WriteStatus.COMMITTED) {
                changing.answered(0);
                copy.version = 0;
                ledger.onEnded(key);
            } else {
                changing.refused();
            }
        }

        private void onChangeAnswered() {
            if (request.writeStatus == WriteStatus.COMMITTED) {
                copy.version = request.answerVersion;
                copy.counter = written;
                changing.answered(written);
            } else {
                changing.refused();
                if (bug == PlantedBug.SHOWN_BEFORE_ANSWERED) {
                    copy.counter = written - 1;
                }
            }
            ledger.onAnswer(key, written, request.writeStatus);
        }

        private void end() {
            if (copy.writer == this) {
                copy.writer = null;
            }
            boolean isGivenUp = request != null && request.isReleased;
            endUse(isGivenUp ? OwnedSessions.Ending.GIVEN_UP : OwnedSessions.Ending.WHOLE);
            pause();
        }

        private void endUse(OwnedSessions.Ending ending) {
            OwnedSession freed = owned.end(key, nowNs, ending);
            if (freed != null) {
                owned.takeTouch(key);
                exchange.release(key, freed.token(), freed.grant(), nowNs, nowNs);
            }
        }

        private void pause() {
            request = null;
            step = Step.IDLE;
            untilNs = nowNs + random.nextInt(habits.thinkMs()) * MS;
        }
    }
}

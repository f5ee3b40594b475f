package org.stoneware.client;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.simulation.Habits;
import org.stoneware.simulation.Ledger;
import org.stoneware.simulation.PlantedBug;
import org.stoneware.wire.session.ClientRequestPublisher;
import org.stoneware.wire.session.ClientResponseAdapter;
import org.stoneware.wire.session.ClientResponseListener;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.SessionProtocol;
import org.stoneware.wire.session.WriteStatus;

/**
 * A Tomcat without threads: the shipping {@link OwnedSessions} and {@link RequestExchange}, and a few browsers whose every request
 * adds one to a counter in a session. Lives in the client's package because those classes are nobody else's business.
 */
public final class SimulatedTomcat implements ClientResponseListener {
    private static final long MS = 1_000_000L;
    private static final long OPERATION_TIMEOUT_NS = 1_000 * MS;
    private static final int OWNER_WAIT_MS = 600;
    private static final int BROWSERS = 3;
    private static final String COUNTER = "counter";

    private final long id;
    private final Random random;
    private final Ledger ledger;
    private final Habits habits;
    private final PlantedBug bug;
    private final OwnedSessions owned = new OwnedSessions();
    private final RequestExchange exchange = new RequestExchange(owned, this::transmit);
    private final ClientRequestPublisher requests = new ClientRequestPublisher();
    private final ClientResponseAdapter responses = new ClientResponseAdapter();
    private final ExpandableArrayBuffer out = new ExpandableArrayBuffer(1024);
    private final Map<SessionKey, Copy> copies = new HashMap<>();
    private final List<Browser> browsers = new ArrayList<>();
    private final long[] renewalSentNs = new long[64];
    private Wire wire;
    private final Registration registration;
    private boolean isRegistered;
    private long registerSentNs;
    private long renewalSequence;
    private long nextRenewNs;
    private long nextTouchNs;
    private long nowNs;
    private boolean isStopping;
    private long transmissions;

    /** One connection's sending side. */
    public interface Wire {
        void send(byte[] message);
    }

    /** What this Tomcat knows of a session; shared by its requests, as in any Tomcat. */
    private static final class Copy {
        long version;
        long counter;
        Browser writer;
    }

    private enum Step {
        IDLE,
        OPENING,
        READING,
        WAITING_FOR_TURN,
        WORKING,
        COMMITTING
    }

    public SimulatedTomcat(long id, long seed, Ledger ledger, Habits habits, PlantedBug bug) {
        this.id = id;
        this.random = new Random(seed);
        this.ledger = ledger;
        this.habits = habits;
        this.bug = bug;
        this.registration = new Registration(new ClientAgent.Identity(id, id, 1), owned);
        for (int i = 0; i < BROWSERS; i++) {
            browsers.add(new Browser());
        }
    }

    public void connected(Wire newWire, long serverEpoch, long serverIncarnation, long now) {
        nowNs = now;
        wire = newWire;
        registration.onServer(serverEpoch, serverIncarnation);
        register();
    }

    /** Epoch this Tomcat believes in. */
    public long epoch() {
        return registration.epoch();
    }

    public boolean isRegistered() {
        return isRegistered;
    }

    /** For people: how a session stands here. */
    public String standing(SessionKey key) {
        OwnedSessions.Entry entry = owned.entry(key);
        return "tomcat=" + id + " epoch=" + epoch() + " registered=" + isRegistered
                + (entry == null
                        ? " none"
                        : " token=" + entry.token + " grant=" + entry.grant + " version=" + entry.version + " uses="
                                + entry.uses + " generation=" + entry.generation);
    }

    /** True when a request here may begin to use the session without asking. */
    public boolean owns(SessionKey key) {
        OwnedSessions.Entry entry = owned.entry(key);
        return entry != null
                && !entry.isNew
                && !entry.isRecalled
                && !entry.isReleased
                && entry.fencedUses == 0
                && entry.generation == owned.generation()
                && owned.isLeaseValid(leaseNowNs());
    }

    private void register() {
        isRegistered = false;
        exchange.close();
        registerSentNs = nowNs;
        send(registration.encode(out, "tomcat-" + id, "test", Set.of("shop"), nowNs));
    }

    public void disconnected(long now) {
        nowNs = now;
        wire = null;
        isRegistered = false;
        exchange.close();
        registration.onDisconnected();
    }

    public void receive(byte[] message, long now) {
        nowNs = now;
        responses.onMessage(new UnsafeBuffer(message), 0, message.length, this);
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
        StringBuilder text = new StringBuilder("tomcat " + id + " registered=" + isRegistered);
        for (Browser browser : browsers) {
            text.append(' ').append(browser.step).append(' ').append(browser.key);
        }
        return text.toString();
    }

    public void step(long now) {
        nowNs = now;
        if (isRegistered && nowNs - nextRenewNs >= 0) {
            nextRenewNs = nowNs + SessionProtocol.RENEW_INTERVAL_MS * MS;
            renewalSentNs[(int) (++renewalSequence % renewalSentNs.length)] = nowNs;
            send(requests.renew(out, epoch(), registration.number(), renewalSequence));
        }
        if (isRegistered && nowNs - nextTouchNs >= 0) {
            nextTouchNs = nowNs + 500 * MS;
            exchange.flushTouches(nowNs);
        }
        for (Browser browser : browsers) {
            browser.doWork();
        }
    }

    private void transmit(DirectBuffer buffer, int length) {
        if (wire != null) {
            byte[] message = new byte[length];
            buffer.getBytes(0, message);
            wire.send(bug.spoil(message, ++transmissions));
        }
    }

    private void send(int length) {
        transmit(out, length);
    }

    /** Time as the lease is judged by. */
    private long leaseNowNs() {
        return bug == PlantedBug.LEASE_NEVER_LAPSES ? registerSentNs : nowNs;
    }

    /** One browser, one request at a time; does what {@link AgentSessionClient} does for a request thread. */
    private final class Browser {
        private Step step = Step.IDLE;
        private SessionKey key;
        private PendingRequest request;
        private long deadlineNs;
        private long untilNs;
        private long beganNs;
        private long seenAtLeast;
        private long written;
        private boolean isLast;

        void doWork() {
            if (step != Step.IDLE && step != Step.OPENING) {
                ledger.onUse(key, nowNs);
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
            }
        }

        private void begin() {
            key = ledger.chooseKey(id, habits.stickyOf100(), random);
            beganNs = nowNs;
            if (ledger.isCreator(id, key)) {
                owned.create(key);
                Copy copy = new Copy();
                copies.put(key, copy);
                step = Step.WAITING_FOR_TURN;
                return;
            }
            Copy copy = copies.get(key);
            seenAtLeast = ledger.acknowledged(key);
            long known = copy == null ? 0 : copy.version;
            if (known != 0 && owned.tryOpen(key, known, leaseNowNs())) {
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
                    Copy copy = copies.computeIfAbsent(key, k -> new Copy());
                    // Another request of this Tomcat may have changed the session since the server answered.
                    if (request.answerVersion > copy.version) {
                        copy.version = request.answerVersion;
                        copy.counter = counterOf(request.record);
                    }
                    opened();
                }
                case CURRENT -> opened();
                case ABSENT -> pause();
                case BUSY -> {
                    ledger.onBusy(key, beganNs);
                    pause();
                }
            }
        }

        private void giveUpWhenOverdue() {
            if (nowNs - deadlineNs >= 0) {
                request.isCancelled = true;
                exchange.cancel(request);
                ledger.onTimeout(key, state(), nowNs);
                pause();
            }
        }

        private void opened() {
            ledger.onRead(key, copies.get(key).counter, seenAtLeast);
            if (random.nextInt(3) == 0) {
                untilNs = nowNs + random.nextInt(8) * MS;
                step = Step.READING;
            } else {
                step = Step.WAITING_FOR_TURN;
            }
        }

        private void waitForTurn() {
            Copy copy = copies.get(key);
            if (copy.writer == null) {
                copy.writer = this;
                written = copy.counter + 1;
                isLast = random.nextInt(3) > 0;
                untilNs = nowNs + random.nextInt(random.nextInt(habits.longOneIn()) == 0 ? 300 : 8) * MS;
                step = Step.WORKING;
            }
        }

        private void commit() {
            OwnedSessions.Entry entry = owned.entry(key);
            boolean isFenced = entry == null || entry.fencedUses > 0 || entry.isReleased;
            if (entry == null || (isFenced && bug != PlantedBug.FENCE_IGNORED)) {
                end();
                return;
            }
            int flags = entry.isNew ? SessionProtocol.WRITE_CREATE : 0;
            if (owned.releasesWithWrite(entry, isLast)) {
                flags |= SessionProtocol.WRITE_RELEASE;
                owned.beginRelease(entry);
            }
            SessionDelta.Builder delta = new SessionDelta.Builder(new ExpandableArrayBuffer(64));
            UnsafeBuffer value = new UnsafeBuffer(new byte[8]);
            value.putLong(0, written);
            delta.maxInactiveIntervalSec(1800).put(AttributeKind.APPLICATION, COUNTER, value, 0, 8);
            int deltaLength = delta.finish();
            int length = requests.write(
                    out, 0, 0, entry.token, 1, flags, entry.grant, entry.version, key, delta.buffer(), 0, deltaLength);
            request = new PendingRequest(key, bytes(length), false, entry.token);
            deadlineNs = nowNs + OPERATION_TIMEOUT_NS;
            step = Step.COMMITTING;
            ledger.onSent(key, written);
            exchange.send(request);
        }

        private void committing() {
            if (!request.isDone()) {
                if (nowNs - deadlineNs >= 0) {
                    request.isCancelled = true;
                    exchange.cancel(request);
                    owned.onUnknown(key);
                    ledger.onTimeout(key, state(), nowNs);
                    copies.get(key).version = 0;
                    end();
                }
                return;
            }
            if (request.writeStatus == WriteStatus.COMMITTED) {
                Copy copy = copies.get(key);
                copy.version = request.answerVersion;
                copy.counter = written;
            }
            ledger.onAnswer(key, written, request.writeStatus);
            end();
        }

        private void end() {
            Copy copy = copies.get(key);
            if (copy.writer == this) {
                copy.writer = null;
            }
            OwnedSessions.Entry freed = owned.end(key, nowNs);
            if (freed != null) {
                owned.takeTouch(key);
                exchange.release(key, freed.token, freed.grant, nowNs, nowNs);
            }
            pause();
        }

        private void pause() {
            request = null;
            step = Step.IDLE;
            untilNs = nowNs + random.nextInt(habits.thinkMs()) * MS;
        }
    }

    private byte[] bytes(int length) {
        byte[] message = new byte[length];
        out.getBytes(0, message);
        return message;
    }

    private static long counterOf(SessionRecord record) {
        long[] value = new long[1];
        record.forEach((kind, name, isRemoval, buffer, offset, length) -> value[0] = buffer.getLong(offset));
        return value[0];
    }

    @Override
    public void onRegistered(
            long messageEpoch,
            long messageRegistration,
            int leaseMs,
            int maxBytes,
            String serverName,
            String logs,
            List<OwnedSession> listed) {
        List<OwnedSession> unheld = registration.onAnswer(messageEpoch, messageRegistration, listed, nowNs);
        if (unheld == null) {
            return;
        }
        isRegistered = true;
        nextRenewNs = nowNs;
        exchange.open(epoch());
        for (OwnedSession each : unheld) {
            exchange.release(each.key(), each.token(), each.grant(), null, nowNs);
        }
    }

    @Override
    public void onRenewed(long messageEpoch, long sequence) {
        if (messageEpoch == epoch() && sequence > renewalSequence - renewalSentNs.length) {
            long sentNs = renewalSentNs[(int) (sequence % renewalSentNs.length)];
            boolean revives = bug == PlantedBug.LEASE_NEVER_LAPSES || bug == PlantedBug.RENEWAL_REVIVES;
            owned.onRenewed(sentNs, revives ? sentNs : nowNs);
        }
    }

    @Override
    public void onOwned(
            long messageEpoch,
            long requestId,
            long token,
            long version,
            long logTimeMs,
            OwnStatus status,
            int hints,
            int grant,
            SessionRecord record) {
        if (messageEpoch == epoch()) {
            exchange.onOwned(requestId, token, version, logTimeMs, status, hints, grant, record, leaseNowNs());
            if (bug == PlantedBug.LATE_GRANT) {
                browsers.stream()
                        .filter(browser -> browser.request != null && browser.request.id == requestId)
                        .forEach(browser -> ownAnyway(browser.key, token, hints));
            }
        }
    }

    /** Counts a grant under the lease of now, or under the next one, whatever became of the one it was asked for under. */
    private void ownAnyway(SessionKey key, long token, int hints) {
        OwnedSessions.Entry entry = owned.entry(key);
        if (entry != null && entry.token == token) {
            entry.generation = owned.generation();
            entry.isRecalled = (hints & SessionProtocol.HINT_RECALLED) != 0;
        }
    }

    @Override
    public void onWritten(long messageEpoch, long requestId, long token, long version, WriteStatus status, int hints) {
        if (messageEpoch == epoch()) {
            exchange.onWritten(PlantedBug.unspoiled(requestId), token, version, status, hints, leaseNowNs());
        }
    }

    @Override
    public void onRecall(long messageEpoch, long token, int grant, SessionKey key) {
        if (messageEpoch == epoch() && bug != PlantedBug.RECALL_NEVER_ARRIVES) {
            exchange.onRecall(key, token, grant, nowNs);
        }
    }

    @Override
    public void onExpired(long messageEpoch, long jobId, long logTimeMs, SessionRecord record) {
        throw new AssertionError("nothing expires in so short a time");
    }

    @Override
    public void onMustRegister(long messageEpoch) {
        if (registration.onMustRegister(messageEpoch)) {
            register();
        }
    }
}

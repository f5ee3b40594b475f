package org.stoneware.client;

import java.util.List;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.simulation.PlantedBug;
import org.stoneware.wire.session.ClientRequestPublisher;
import org.stoneware.wire.session.ClientResponseAdapter;
import org.stoneware.wire.session.ClientResponseListener;
import org.stoneware.wire.session.LogStart;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.SessionProtocol;
import org.stoneware.wire.session.WriteStatus;

/**
 * How a Tomcat without threads speaks with a server: the shipping {@link OwnedSessions}, {@link Registration} and {@link RequestExchange},
 * as {@link ClientAgent} uses them. What its browsers do is up to subclasses. Lives in the client's package because those classes are
 * nobody else's business.
 */
public abstract class TomcatProtocol implements ClientResponseListener {
    static final long MS = 1_000_000L;
    private static final String COUNTER = "counter";

    final long id;
    final PlantedBug bug;
    final OwnedSessions owned = new OwnedSessions();
    private final CopyVersions versions = new CopyVersions();
    final RequestExchange exchange = new RequestExchange(owned, versions, this::transmit);
    final ClientRequestPublisher requests = new ClientRequestPublisher();
    final ExpandableArrayBuffer out = new ExpandableArrayBuffer(1024);
    private final ClientResponseAdapter responses = new ClientResponseAdapter();
    private final Registration registration;
    private final long[] renewalSentNs = new long[64];
    private Wire wire;
    private boolean isRegistered;
    private long registerSentNs;
    private long renewalSequence;
    private long nextRenewNs;
    private long transmissions;
    private long sleptNs;
    private int knownSleeps;
    long nowNs;

    /** One connection's sending side. */
    public interface Wire {
        void send(byte[] message);
    }

    /** @param isNamedBehind whether what is owned and not in use is named behind the registration, one session at a time. */
    TomcatProtocol(long id, PlantedBug bug, boolean isNamedBehind) {
        this.id = id;
        this.bug = bug;
        this.registration = new Registration(
                new ClientAgent.Identity(id, id, 1),
                owned,
                versions,
                isNamedBehind ? 0 : Naming.FIRST_PART,
                isNamedBehind ? 1 : Naming.PART);
    }

    /** Sessions this Tomcat has a copy of. */
    abstract Set<SessionKey> known();

    /** The session a request that waits for its answer asks for, or null. */
    abstract SessionKey askedFor(long requestId);

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
        OwnedEntry entry = owned.entry(key);
        return "tomcat=" + id + " epoch=" + epoch() + " registered=" + isRegistered
                + (entry == null
                        ? " none"
                        : " token=" + entry.token + " grant=" + entry.grant + " version=" + entry.version + " uses="
                                + entry.uses + " generation=" + entry.generation);
    }

    /** Tells the time before something is asked that depends on it. */
    public final void time(long now) {
        nowNs = now;
    }

    /** True when a request here may begin to use the session without asking. */
    public boolean owns(SessionKey key) {
        OwnedEntry entry = owned.entry(key);
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

    final void renewWhenDue() {
        if (isRegistered && nowNs - nextRenewNs >= 0) {
            renew();
        }
    }

    final void renew() {
        nextRenewNs = nowNs + SessionProtocol.RENEW_INTERVAL_MS * MS;
        renewalSentNs[(int) (++renewalSequence % renewalSentNs.length)] = nowNs;
        send(requests.renew(out, epoch(), registration.number(), renewalSequence));
    }

    /** Encodes a change that gives the counter in a session a new value; returns the length of the message. */
    final int encodeWrite(OwnedEntry entry, int flags, SessionKey key, long counter) {
        SessionDelta.Builder delta = new SessionDelta.Builder(new ExpandableArrayBuffer(64));
        UnsafeBuffer value = new UnsafeBuffer(new byte[Long.BYTES]);
        value.putLong(0, counter);
        delta.maxInactiveIntervalSec(1800).put(AttributeKind.APPLICATION, COUNTER, value, 0, Long.BYTES);
        int length = delta.finish();
        return requests.write(
                out, 0, 0, entry.token, 1, flags, entry.grant, entry.version, key, delta.buffer(), 0, length);
    }

    static long counterOf(SessionRecord record) {
        long[] value = new long[1];
        record.forEach((kind, name, isRemoval, buffer, offset, length) -> value[0] = buffer.getLong(offset));
        return value[0];
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

    /**
     * Begins a cycle, as {@link ClientAgent} does.
     *
     * @param sleptNs for how long the machine has slept while its monotonic clock stood still.
     */
    public final void clocks(long sleptNs, long now) {
        nowNs = now;
        this.sleptNs = bug == PlantedBug.SLEEP_UNNOTICED ? 0 : sleptNs;
        owned.clocks(wallMs(now), now);
        if (owned.sleeps() != knownSleeps) {
            knownSleeps = owned.sleeps();
            if (isRegistered) {
                renew();
            }
        }
    }

    /** Begins a use without asking, as a request thread does. */
    final boolean tryOpen(SessionKey key, long known) {
        return owned.tryOpen(key, known, wallMs(leaseNowNs()), leaseNowNs());
    }

    private long wallMs(long now) {
        return (now + sleptNs) / MS;
    }

    /** Time as the lease is judged by. */
    final long leaseNowNs() {
        return bug == PlantedBug.LEASE_NEVER_LAPSES ? registerSentNs : nowNs;
    }

    final byte[] bytes(int length) {
        byte[] message = new byte[length];
        out.getBytes(0, message);
        return message;
    }

    @Override
    public void onLogStart(LogStart logStart) {
        registration.onLogStart(logStart);
    }

    @Override
    public void onRegistered(
            long messageEpoch,
            long messageRegistration,
            int leaseMs,
            int maxBytes,
            String serverName,
            String logs,
            List<OwnedSession> refused) {
        long generation = owned.generation();
        List<OwnedSession> unheld = registration.onAnswer(messageEpoch, messageRegistration, refused, nowNs);
        if (unheld == null) {
            return;
        }
        if (bug == PlantedBug.USED_BEFORE_NAMED) {
            known().forEach(key -> owned.confirmed(key, generation));
        }
        isRegistered = true;
        nextRenewNs = nowNs;
        exchange.open(epoch());
        giveBack(unheld);
        nameMore();
    }

    @Override
    public void onNamed(long messageEpoch, long messageRegistration, int part, List<OwnedSession> refused) {
        giveBack(registration.onNamed(messageEpoch, messageRegistration, part, refused, nowNs));
        nameMore();
    }

    private void giveBack(List<OwnedSession> unheld) {
        for (OwnedSession each : unheld) {
            exchange.release(each.key(), each.token(), each.grant(), null, nowNs);
        }
    }

    private void nameMore() {
        if (isRegistered && registration.hasToName()) {
            send(registration.encodeNames(out, nowNs));
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
            long grant,
            long lastAccessedTimeMs,
            SessionRecord record) {
        if (messageEpoch == epoch()) {
            SessionKey asked = askedFor(requestId);
            exchange.onOwned(
                    requestId,
                    token,
                    version,
                    logTimeMs,
                    status,
                    hints,
                    grant,
                    lastAccessedTimeMs,
                    record,
                    leaseNowNs());
            if (bug == PlantedBug.LATE_GRANT && asked != null) {
                ownAnyway(asked, token, hints);
            }
        }
    }

    /** Counts a grant under the lease of now, or under the next one, whatever became of the one it was asked for under. */
    private void ownAnyway(SessionKey key, long token, int hints) {
        OwnedEntry entry = owned.entry(key);
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
    public void onRecall(long messageEpoch, long token, long grant, SessionKey key) {
        boolean isObeyed = messageEpoch == epoch() || bug == PlantedBug.OLD_RECALL;
        if (isObeyed && bug != PlantedBug.RECALL_NEVER_ARRIVES) {
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

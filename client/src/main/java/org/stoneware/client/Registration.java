package org.stoneware.client;

import java.util.List;
import java.util.Set;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.wire.session.ClientRequestPublisher;
import org.stoneware.wire.session.LogStart;
import org.stoneware.wire.session.OwnedSession;

/**
 * How this Tomcat stands with the array: the epoch it believes in, the number of its last registration, and what it owned when it sent
 * that.
 * <p>
 * In a new epoch it names what it owns under a lease that holds, and afterwards owns only what of that is not refused and it still holds
 * (see {@link Naming}). From the moment a registration is sent, whatever belongs to an earlier epoch counts for nothing. In an
 * epoch it is registered in already, a registration over another connection changes nothing it owns.
 * <p>
 * <b>Threading:</b> the agent thread; takes the monitor of {@link OwnedSessions}. Time is a parameter.
 */
final class Registration {
    private static final long NO_EPOCH = -1;

    private final ClientAgent.Identity identity;
    private final OwnedSessions owned;
    private final CopyVersions versions;
    private final Naming naming;
    private final ClientRequestPublisher requests = new ClientRequestPublisher();
    private long epoch;
    private long serverIncarnation;
    private long registeredEpoch = NO_EPOCH;
    private long number;
    private long sentNs;
    private boolean isAwaited;
    private LogStart logStart = LogStart.EMPTY;

    Registration(ClientAgent.Identity identity, OwnedSessions owned, CopyVersions versions) {
        this(identity, owned, versions, Naming.FIRST_PART, Naming.PART);
    }

    /**
     * @param firstPart most sessions a registration names that are not in use.
     * @param laterPart most sessions that are named in one message behind it.
     */
    Registration(
            ClientAgent.Identity identity, OwnedSessions owned, CopyVersions versions, int firstPart, int laterPart) {
        this.identity = identity;
        this.owned = owned;
        this.versions = versions;
        this.naming = new Naming(owned, versions, firstPart, laterPart);
    }

    /** Epoch of everything sent and taken now. */
    long epoch() {
        return epoch;
    }

    /** Number of the last registration sent. */
    long number() {
        return number;
    }

    /** A server has taken this Tomcat in; it registers there next. */
    void onServer(long serverEpoch, long incarnation) {
        if (serverEpoch < epoch || (serverEpoch == epoch && incarnation != serverIncarnation)) {
            // An array that has lost its memory: what was owned is of another one.
            forgetAll();
            registeredEpoch = NO_EPOCH;
        }
        epoch = serverEpoch;
        serverIncarnation = incarnation;
    }

    /**
     * The server wants a registration.
     *
     * @return false when one in that epoch is on its way already.
     */
    boolean onMustRegister(long serverEpoch) {
        if (isAwaited && serverEpoch <= epoch) {
            return false;
        }
        if (serverEpoch <= epoch) {
            // It does not know this Tomcat any more, so nothing owned there counts.
            forgetAll();
            registeredEpoch = NO_EPOCH;
        }
        epoch = serverEpoch;
        return true;
    }

    private void forgetAll() {
        synchronized (owned) {
            owned.forgetAll();
            naming.reset();
        }
    }

    /** Encodes the next registration, to be sent now; returns its length. */
    int encode(MutableDirectBuffer out, String name, String productVersion, Set<String> applications, long nowNs) {
        List<OwnedSession> named = List.of();
        long namedFrom;
        synchronized (owned) {
            if (epoch != registeredEpoch) {
                named = naming.begin(nowNs);
            } else {
                naming.onDisconnected();
            }
            namedFrom = naming.namedFrom();
        }
        sentNs = nowNs;
        isAwaited = true;
        return requests.register(
                out,
                epoch,
                identity.high(),
                identity.low(),
                identity.incarnation(),
                ++number,
                name,
                productVersion,
                versions.toldSoFar(),
                applications,
                named,
                namedFrom);
    }

    /** True when this Tomcat is registered and more that it owns is to be named, with {@link #encodeNames}. */
    boolean hasToName() {
        return !isAwaited && naming.hasNext();
    }

    /** Encodes the names of further sessions, to be sent now; returns the length. */
    int encodeNames(MutableDirectBuffer out, long nowNs) {
        List<OwnedSession> named;
        long namedFrom;
        naming.sort();
        synchronized (owned) {
            named = naming.next(nowNs);
            namedFrom = naming.namedFrom();
        }
        return requests.name(out, epoch, number, naming.part(), namedFrom, named);
    }

    /**
     * Names were answered.
     *
     * @param refused what of them this Tomcat does not own.
     * @return what of them is not held here any more and is to be given back.
     */
    List<OwnedSession> onNamed(
            long answerEpoch, long answeredNumber, int part, List<OwnedSession> refused, long nowNs) {
        if (isAwaited || answeredNumber != number || answerEpoch != epoch) {
            return List.of();
        }
        synchronized (owned) {
            owned.forgetIfLapsed(nowNs);
            return naming.onNamed(part, refused);
        }
    }

    /** Where the log of the active begins whose answer is told next. */
    void onLogStart(LogStart start) {
        logStart = start;
    }

    /**
     * A registration was answered.
     *
     * @param refused what it named and the server does not let this Tomcat own.
     * @return what else it named and is not held here any more and is to be given back; null when this answer is not the awaited one.
     */
    @Nullable
    List<OwnedSession> onAnswer(long answerEpoch, long answeredNumber, List<OwnedSession> refused, long nowNs) {
        if (!isAwaited || answeredNumber != number || answerEpoch != epoch) {
            return null;
        }
        isAwaited = false;
        List<OwnedSession> unheld = List.of();
        synchronized (owned) {
            owned.forgetIfLapsed(nowNs);
            if (versions.onRegistered(epoch, logStart.inheritedEpoch(), logStart.inheritedIndex())) {
                owned.distrust(versions::told);
            }
            if (epoch != registeredEpoch) {
                unheld = naming.onRegistered(refused);
            }
            owned.onRenewed(sentNs, nowNs);
        }
        registeredEpoch = epoch;
        return unheld;
    }

    /** The connection is lost; its answer does not come any more. */
    void onDisconnected() {
        isAwaited = false;
        synchronized (owned) {
            naming.onDisconnected();
        }
    }
}

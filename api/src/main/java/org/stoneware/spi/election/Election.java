package org.stoneware.spi.election;

import org.agrona.DirectBuffer;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Decides who is active: a pure state machine, no clock, thread, random source or socket of its own.
 * <p>
 * <b>Threading:</b> the server agent's thread.
 * <p>
 * <b>Order:</b> evidence about one peer comes in the order it happened, and a message after the {@link Evidence.Kind#HELLO} of the
 * process that sent it; messages of a process that has not said hello are ignored. After a stall of this server
 * {@link Evidence.Kind#LOCAL_STALL} comes before anything else with the later time.
 * <p>
 * <b>Failure:</b> an {@link ElectionException} out of any call means that the register can't be written: the role has been given up
 * for good ({@link org.stoneware.api.cluster.ServerRole#FENCED}), and later calls do nothing.
 * <p>
 * Effects go out through the {@link ElectionOutput} given when it was opened, from inside these calls.
 */
@ConsumerType
public interface Election extends AutoCloseable {
    /** Takes in what was learned about a peer. */
    void onEvidence(Evidence evidence, long nowNs);

    /**
     * Takes in a message another server's election sent on an authenticated connection.
     * <p>
     * <b>Ownership:</b> {@code buffer} is a view valid until this call returns.
     * <p>
     * <b>Failure:</b> a message that can't be read is counted and changes nothing.
     */
    void onMessage(int senderId, DirectBuffer buffer, int offset, int length, long nowNs);

    /**
     * Lets time pass.
     *
     * @return amount of work done; 0 when idle.
     */
    int doWork(long nowNs);

    /**
     * Gets this server ready for {@link #onStop}, which may come when this returns true. An active finishes the change of the in-sync set it
     * has begun: what others may still agree to after it has gone must not take away their right to lead. A drop of a standby that can be
     * talked to is taken back, and no new one is begun. Called in every cycle, {@link #doWork} between, for as long as the caller can wait;
     * when it calls {@link #onStop} all the same, the standby may come to count as dropped.
     *
     * @param isStandbyWhole whether the standby that counts here holds everything acknowledged, so that it may go on counting.
     * @return true when nothing is open; also when this server is not active.
     */
    default boolean prepareStop(boolean isStandbyWhole, long nowNs) {
        return true;
    }

    /**
     * Gives up the role for good, as part of an orderly stop. An active with a standby hands the role over: call it when every
     * entry has been acknowledged or refused and {@link #prepareStop} says so, and keep the connections until what was sent has left.
     */
    void onStop(long nowNs);

    /**
     * Asks for a peer that holds everything to count as in sync. The caller has stopped acknowledging before and goes on after the
     * next {@link ElectionOutput#onInSync}, which names the peer, or does not when it was lost meanwhile.
     *
     * @param memberId    the peer.
     * @param incarnation the process of it that holds everything.
     * @return false when nothing will happen: this server is not active, or the peer is not this process, can't be talked to, or
     *     another change is on its way.
     */
    default boolean requestAddPeer(int memberId, long incarnation, long nowNs) {
        return false;
    }

    /**
     * Asks for a peer that is too slow to be in sync no longer. Until the next {@link ElectionOutput#onInSync} it still counts.
     *
     * @param reason why, for people.
     * @return false when nothing will happen: this server is not active or the peer is not in sync.
     */
    default boolean requestDropPeer(int memberId, String reason, long nowNs) {
        return false;
    }

    /** A voter that is no server can be reached, or is gone again. Told again after this election was opened, for those connected. */
    default void onVoter(VoterContact voter, boolean isConnected, long nowNs) {}

    /**
     * Takes in the answer of a voter that is no server, from the connection its hello was said on.
     * <p>
     * <b>Ownership:</b> {@code buffer} is a view valid until this call returns.
     */
    default void onVoterMessage(long idHigh, long idLow, DirectBuffer buffer, int offset, int length, long nowNs) {}

    /**
     * Makes this server active whatever it may lack, as an operator's last resort: what others hold and this server does not is lost, and
     * a server that serves elsewhere, out of sight, is not stopped by it.
     *
     * @return empty when it is active now; else why not, for people.
     */
    default String forceActive(String by, long nowNs) {
        return "this election policy can't be overruled";
    }

    /**
     * Makes this server active because an operator appointed it. Without {@code isForced} only one that holds everything may be: a
     * standby, or the first of an array that has never had an active.
     *
     * @param by who asks, for the log.
     * @return empty when it is active now or will be at once; else why not, for people.
     */
    default String appoint(boolean isForced, String by, long nowNs) {
        return isForced ? forceActive(by, nowNs) : "the servers elect their active themselves";
    }

    /**
     * Whether this server is active and may acknowledge nothing until a quorum of the voters has agreed that it goes on without its
     * standby. It needs no other handling than {@link ElectionOutput#onInSync} gives: the standby counts until then.
     */
    default boolean isBlocked() {
        return false;
    }

    /**
     * Gives the active role to the standby without stopping. The caller has stopped acknowledging before. On true the role is given up
     * when this returns: the standby takes over, and this server follows it; should the standby be lost in that moment, this server
     * becomes active again by itself.
     *
     * @return false when nothing has happened: this server is not active, no standby is in sync or it can't be talked to, or the
     *     election does not know how.
     */
    default boolean requestHandOver(long nowNs) {
        return false;
    }

    ElectionView view();

    /** What makes the death of a server noticed later than usual, for people; empty when nothing does. */
    default String detectionNote(int memberId) {
        return "";
    }

    /** Messages refused because they could not be read or came from a process that has not said hello. */
    default long refusedMessages() {
        return 0;
    }

    @Override
    void close();
}

package org.stoneware.testkit.election;

import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.HeldCopy;
import org.stoneware.spi.election.InSyncSet;

/** What a server does around its election; told by {@link SimulatedElectionNetwork}, always inside the process it is about. */
interface SimulatedHost {
    /** A process begins. */
    void onStart(int id, long incarnation);

    /**
     * A process has ended.
     *
     * @param isInOrder it was stopped, and had said that it was ready for that.
     * @param isBlocked it waited for votes to go on alone; it may have had them without knowing.
     */
    void onEnd(int id, boolean isInOrder, boolean isBlocked);

    void onView(int id, ElectionView now);

    void onInSync(int id, InSyncSet inSync);

    /** One turn of the agent; about every 25 ms. */
    void onTick(int id);

    /** What the next process of a server finds of the sessions. */
    default HeldCopy held(int id) {
        return new HeldCopy(true, 0, 0, false);
    }
}

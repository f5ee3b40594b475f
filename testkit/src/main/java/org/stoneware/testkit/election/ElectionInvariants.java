package org.stoneware.testkit.election;

import org.agrona.collections.Long2LongHashMap;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;

/** What must be true of every history of views, whatever the network does. Told every view and every piece of evidence. */
final class ElectionInvariants {
    private static final long NOBODY = Long.MIN_VALUE;

    private final Long2LongHashMap incarnationByEpoch = new Long2LongHashMap(NOBODY);
    private final long[] activatedEpoch;
    private final long[] heardEpoch;

    ElectionInvariants(int servers) {
        activatedEpoch = new long[servers];
        heardEpoch = new long[servers];
    }

    void onStart(int id, ElectionView view) {
        heardEpoch[id] = 0;
        check(view.role() == ServerRole.START, id, "begins with another role than START", view);
        check(
                view.epoch() >= activatedEpoch[id],
                id,
                "has forgotten epoch " + activatedEpoch[id] + " in which it was active before its restart",
                view);
    }

    void onRegisterLost(int id) {
        activatedEpoch[id] = 0;
    }

    void onView(int id, long incarnation, ElectionView before, ElectionView now) {
        check(now.epoch() >= before.epoch(), id, "went back from epoch " + before.epoch(), now);
        if (now.role() != ServerRole.ACTIVE_COORDINATOR) {
            boolean isDeposed = before.role() == ServerRole.ACTIVE_COORDINATOR && now.role() != ServerRole.STOPPED;
            check(!isDeposed || now.epoch() > before.epoch(), id, "gives way to no higher epoch", now);
            return;
        }
        boolean isSame = before.role() == ServerRole.ACTIVE_COORDINATOR && before.epoch() == now.epoch();
        if (isSame) {
            return;
        }
        check(now.activeId() == id, id, "is active and names another active", now);
        long other = incarnationByEpoch.put(now.epoch(), incarnation);
        check(other == NOBODY, id, "is the second to be active in its epoch, after incarnation " + other, now);
        check(now.epoch() > activatedEpoch[id], id, "was active in epoch " + activatedEpoch[id] + " before", now);
        check(now.epoch() > heardEpoch[id], id, "has heard of epoch " + heardEpoch[id] + " before", now);
        activatedEpoch[id] = now.epoch();
    }

    /** Called when {@code evidence} has been taken in. */
    void onEvidence(int id, Evidence evidence, ElectionView now) {
        boolean isHeard = evidence.kind() == Evidence.Kind.HELLO || evidence.kind() == Evidence.Kind.HEARTBEAT;
        if (!isHeard) {
            return;
        }
        heardEpoch[id] = Math.max(heardEpoch[id], evidence.epoch());
        boolean isOutranked = evidence.role() == ServerRole.ACTIVE_COORDINATOR && evidence.epoch() > now.epoch();
        check(
                !(isOutranked && now.role() == ServerRole.ACTIVE_COORDINATOR),
                id,
                "stays active although it has heard of an active in epoch " + evidence.epoch(),
                now);
    }

    private static void check(boolean isTrue, int id, String what, ElectionView view) {
        if (!isTrue) {
            throw new AssertionError("server " + id + " " + what + ": " + view);
        }
    }
}

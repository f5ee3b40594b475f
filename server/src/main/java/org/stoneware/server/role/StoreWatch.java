package org.stoneware.server.role;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreHealth;

/**
 * Looks after the health of the store in use, and says what is to be done about it: an active whose store takes no more changes gives its
 * role to the standby, at once when the store has failed, after a moment when it is full and can't do with memory alone, without waiting
 * for what the full disk does not take, or when its device does not read sessions it holds (docs/adr/0280). A store that finds
 * out while it is read that the disk has damaged what was kept is suspect from then on: a restart is to know (docs/adr/0182, 0213).
 * <p>
 * <b>Threading:</b> the agent thread. <b>Limits:</b> a full store, or one that can't be read, is a reason to hand over once in {@link #AGAIN_NS}, so that two servers
 * that both are do not pass the role to and fro.
 */
final class StoreWatch {
    static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(100);
    /** Time for room to come back by itself. */
    static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(1);

    static final long AGAIN_NS = TimeUnit.MINUTES.toNanos(5);

    private final RoleOutput output;
    private StoreHealth.State state = StoreHealth.State.OK;
    private long sinceNs;
    /** Last entry that was durable when the store became full. */
    private long durableIndex;

    private long unreadSinceNs = Long.MIN_VALUE;
    private long lookedNs = Long.MIN_VALUE;
    private long handedOverNs = Long.MIN_VALUE;
    private @Nullable SessionStore known;
    /** Damage of that store when it was first looked at, which was told at the start. */
    private String knownDamage = "";

    private boolean isDamageTold;

    StoreWatch(RoleOutput output) {
        this.output = output;
    }

    /** @return amount of work done. */
    int doWork(SessionGeneration current, boolean hasStandby, long nowNs) {
        if (lookedNs != Long.MIN_VALUE && nowNs - lookedNs < LOOK_NS) {
            return 0;
        }
        lookedNs = nowNs;
        StoreHealth now = current.store().health();
        int work = (now.state() == state ? 0 : tell(current, now, nowNs)) + lookForDamage(current);
        boolean isUnread = isUnread(current, nowNs);
        if (!hasStandby || (state == StoreHealth.State.OK && !isUnread) || isRecentlyAsked(nowNs)) {
            return work;
        }
        if (state == StoreHealth.State.FAILED) {
            handedOverNs = nowNs;
            output.requestHandOver("the store, which has failed: " + now.reason(), true, nowNs);
        } else if (state == StoreHealth.State.FULL && current.keepsSessions() && nowNs - sinceNs >= PATIENCE_NS) {
            handedOverNs = nowNs;
            output.requestHandOver("the store, which is full: " + now.reason(), isStuck(current), nowNs);
        } else if (isUnread) {
            handedOverNs = nowNs;
            output.requestHandOver(
                    "the store, which can't be read: " + current.store().readProblem(), false, nowNs);
        }
        return work + 1;
    }

    /** Whether the disk has not taken what was on its way when there was no more room: it would be waited for in vain. */
    private boolean isStuck(SessionGeneration current) {
        long durable = current.state().durableIndex();
        return durable == durableIndex && durable < current.state().lastApplied();
    }

    /** Whether sessions that are held could not be read for a while: the standby holds them too, on a disk of its own. */
    private boolean isUnread(SessionGeneration current, long nowNs) {
        if (current.store().readProblem().isEmpty()) {
            unreadSinceNs = Long.MIN_VALUE;
        } else if (unreadSinceNs == Long.MIN_VALUE) {
            unreadSinceNs = nowNs;
        }
        return unreadSinceNs != Long.MIN_VALUE && nowNs - unreadSinceNs >= PATIENCE_NS;
    }

    private int lookForDamage(SessionGeneration current) {
        SessionStore store = current.store().inUse().store();
        String damage = current.keepsSessions() ? current.store().damage() : "";
        if (store != known) {
            known = store;
            knownDamage = damage;
            isDamageTold = false;
        }
        if (isDamageTold || damage.equals(knownDamage) || !current.suspect()) {
            return 0;
        }
        isDamageTold = true;
        output.warning(
                "store-suspect",
                "acknowledged sessions are lost: " + damage
                        + ". At the next start another server whose copy is whole goes before this one; check the disk");
        return 1;
    }

    private boolean isRecentlyAsked(long nowNs) {
        long patienceNs = state == StoreHealth.State.FAILED ? PATIENCE_NS : AGAIN_NS;
        return handedOverNs != Long.MIN_VALUE && nowNs - handedOverNs < patienceNs;
    }

    private int tell(SessionGeneration current, StoreHealth now, long nowNs) {
        switch (now.state()) {
            case OK -> output.info("storage-room", "the session store takes changes again");
            case FULL ->
                output.warning(
                        "storage-full",
                        "the session store has no room for more: " + now.reason()
                                + ". Sessions can be read and ended; make room, it goes on by itself");
            case FAILED ->
                output.warning(
                        "storage-failed",
                        "the session store takes no changes any more: " + now.reason()
                                + ". What is in memory can be read; repair the disk and restart this server");
        }
        if (state == StoreHealth.State.OK || now.state() == StoreHealth.State.FAILED) {
            handedOverNs = now.state() == StoreHealth.State.FAILED ? Long.MIN_VALUE : handedOverNs;
            sinceNs = nowNs;
            durableIndex = current.state().durableIndex();
        }
        state = now.state();
        return 1;
    }
}

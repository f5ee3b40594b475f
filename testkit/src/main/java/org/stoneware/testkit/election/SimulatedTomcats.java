package org.stoneware.testkit.election;

import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Evidence;

/**
 * Tomcats that reach every server, and say what they see. A Tomcat asks nobody but itself: it hears each server that runs and is not frozen,
 * and knows what that server is.
 */
final class SimulatedTomcats {
    private final int count;
    private final SimulatedTime time;
    private final LongSupplier delayNs;
    private final BiConsumer<SimulatedServer, Evidence> deliver;

    SimulatedTomcats(
            int count, SimulatedTime time, LongSupplier delayNs, BiConsumer<SimulatedServer, Evidence> deliver) {
        this.count = count;
        this.time = time;
        this.delayNs = delayNs;
        this.deliver = deliver;
    }

    /** A server has started. One whose store is empty knows no Tomcat before it serves or has been copied. */
    void onStart(SimulatedServer server, boolean isPersistent) {
        server.knowsTomcats = false;
        if (isPersistent) {
            register(server);
        }
    }

    /** A server has become what it is. */
    void onRole(SimulatedServer server, ServerRole role) {
        if (role == ServerRole.ACTIVE_COORDINATOR || role == ServerRole.PASSIVE_STANDBY) {
            register(server);
        }
    }

    private void register(SimulatedServer server) {
        if (count > 0 && !server.knowsTomcats) {
            server.knowsTomcats = true;
            Evidence registered = Evidence.ofWitnesses(Evidence.Kind.WITNESSES, server.id, count);
            time.at(time.nowNs(), server, () -> deliver.accept(server, registered));
        }
    }

    /**
     * One server asks about the process of another that it has met last, or about any. A Tomcat it does not know tells only what that server is.
     */
    void ask(SimulatedServer asker, SimulatedServer subject) {
        long incarnation = asker.ends[subject.id].peerIncarnation;
        for (int i = 0; i < count; i++) {
            time.at(time.nowNs() + 2 * delayNs.getAsLong(), asker, () -> answer(asker, subject, incarnation));
        }
    }

    private void answer(SimulatedServer asker, SimulatedServer subject, long incarnation) {
        boolean hasAnswered = subject.election != null && !subject.isPaused(time.nowNs());
        if (hasAnswered) {
            deliver.accept(
                    asker,
                    Evidence.ofWitnessedRole(
                            subject.id, subject.incarnation, subject.view.role(), subject.view.epoch()));
        }
        // What it was told may have ended it.
        if (asker.election != null && asker.knowsTomcats) {
            boolean isHeard = hasAnswered && (incarnation == 0 || incarnation == subject.incarnation);
            Evidence.Kind kind = isHeard ? Evidence.Kind.WITNESS_ALIVE : Evidence.Kind.WITNESS_DEAD;
            deliver.accept(asker, Evidence.ofWitnesses(kind, subject.id, 1));
        }
    }
}

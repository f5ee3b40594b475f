package org.stoneware.server.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.SessionAdminException;

/**
 * A walk over all sessions for somebody who writes them down and asks for them piece by piece; a slow writer slows it and nothing else.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Failure:</b> ends with {@link NotWholeException} when this server does not hold all sessions, or not any more, and with {@link
 * SessionAdminException} when its copy was replaced meanwhile.
 */
public final class SessionExport {
    /** Sessions that a passive which is not in sync may lack make no backup. */
    private static final List<ServerRole> WHOLE = List.of(ServerRole.ACTIVE_COORDINATOR, ServerRole.PASSIVE_STANDBY);

    private final Surroundings surroundings;
    private final SessionWalk walk;
    private final Begin begin;

    /**
     * Where a backup begins.
     *
     * @param server    who holds the sessions.
     * @param mode      storage mode.
     * @param wallMs    wall time.
     * @param logTimeMs log time at that moment.
     */
    public record Begin(String server, String mode, long wallMs, long logTimeMs) {}

    private SessionExport(Surroundings surroundings, long nowNs) {
        this.surroundings = surroundings;
        this.walk = new SessionWalk(surroundings);
        this.begin = new Begin(
                surroundings.self(),
                surroundings.current().store().mode(),
                surroundings.wallMs(),
                surroundings.logTimeMs(nowNs));
    }

    /** Any thread. */
    public Begin begin() {
        return begin;
    }

    private static void requireWhole(Surroundings surroundings) {
        if (!WHOLE.contains(surroundings.role())) {
            String active = surroundings.active();
            throw new NotWholeException("server " + surroundings.self() + " is "
                    + surroundings.role().stateName() + " and may lack sessions: "
                    + (active.isEmpty() || active.equals(surroundings.self())
                            ? "no server is active now; ask again when one is"
                            : "ask the active " + active + ", or this one when it is "
                                    + ServerRole.PASSIVE_STANDBY.stateName()));
        }
    }

    void close() {
        walk.close();
    }

    /** Fills one batch; answered with true when sessions may follow, false when these were the last. */
    static final class Piece extends Question<Boolean> {
        private final SessionExport export;
        private final RecordBatch batch;

        Piece(SessionExport export, RecordBatch batch, CompletableFuture<Boolean> answer) {
            super(answer);
            this.export = export;
            this.batch = batch;
        }

        @Override
        int work(int budget, long nowNs) {
            requireWhole(export.surroundings);
            int shown = 0;
            while (shown < budget) {
                // One by one: a batch ends by its bytes as well.
                int more = export.walk.next(1, batch::add);
                if (more < 0) {
                    answer().complete(false);
                    return shown + 1;
                }
                if (more == 0) {
                    return shown;
                }
                shown += more;
                if (batch.isFull()) {
                    answer().complete(true);
                    return shown;
                }
            }
            return shown;
        }
    }

    /** Begins an export. */
    static final class Opening extends Question<SessionExport> {
        private final Surroundings surroundings;

        Opening(Surroundings surroundings, CompletableFuture<SessionExport> answer) {
            super(answer);
            this.surroundings = surroundings;
        }

        @Override
        int work(int budget, long nowNs) {
            requireWhole(surroundings);
            answer().complete(new SessionExport(surroundings, nowNs));
            return 1;
        }
    }
}

package org.stoneware.server.admin;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.SessionAdminException;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.role.SessionGeneration;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.StoreSnapshot;

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

    /** Kept in memory while an export goes on. */
    static final int MAX_RENAMED = 1_000_000;

    /** Nobody waits for one load by name. */
    private static final long LOAD_TICKET = 0;

    private final Surroundings surroundings;
    private final SessionGeneration generation;
    private final SessionWalk walk;
    private final Begin begin;
    /** Ids given since this began, of sessions that are to be shown after the walk: it may miss them under both ids. */
    private final Set<SessionKey> renamed = new LinkedHashSet<>();

    private boolean isWalked;
    private long unread;
    private final Consumer<SessionKey> watch = this::onRenamed;
    private final SessionRecord view = new SessionRecord();

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
        this.generation = surroundings.current();
        this.walk = new SessionWalk(surroundings);
        this.begin = new Begin(
                surroundings.self(),
                surroundings.current().store().mode(),
                surroundings.wallMs(),
                surroundings.logTimeMs(nowNs));
        generation.state().renames().add(watch);
    }

    private void onRenamed(SessionKey to) {
        // One more than may be: the next piece says so.
        if (renamed.size() <= MAX_RENAMED) {
            renamed.add(to);
        }
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
        generation.state().renames().remove(watch);
        walk.close();
    }

    /** Sessions with new ids that are still to be shown. */
    int waiting() {
        return renamed.size();
    }

    /** Sessions that are held and were not shown, since the device does not read them. Any thread, once the last piece is answered. */
    public long unread() {
        return unread;
    }

    private void requireSame() {
        if (generation != surroundings.current()) {
            throw new SessionAdminException(
                    "server " + surroundings.self() + " has replaced its copy of the sessions meanwhile; ask again");
        }
        if (renamed.size() > MAX_RENAMED) {
            throw new SessionAdminException("more than " + MAX_RENAMED
                    + " sessions have got another id meanwhile; ask again when fewer users log in");
        }
    }

    /**
     * Shows the next session.
     *
     * @return as {@link SessionWalk#next}.
     */
    private int next(RecordBatch batch) {
        // One by one: a batch ends by its bytes as well.
        int more = isWalked
                ? StoreSnapshot.END
                : walk.next(1, record -> {
                    if (renamed.isEmpty() || !renamed.contains(record.key())) {
                        batch.add(record);
                    }
                });
        isWalked = more < 0;
        unread = walk.unread();
        return isWalked ? nextRenamed(batch) : more;
    }

    private int nextRenamed(RecordBatch batch) {
        Iterator<SessionKey> first = renamed.iterator();
        if (!first.hasNext()) {
            return StoreSnapshot.END;
        }
        SessionKey key = first.next();
        LoadResult found = generation.store().load(key, LOAD_TICKET);
        boolean isShown = found == LoadResult.RESIDENT && generation.store().read(key, view);
        if (isShown) {
            batch.add(view);
        }
        if (isShown || found == LoadResult.ABSENT) {
            first.remove();
            return 1;
        }
        return 0;
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
            export.requireSame();
            int shown = 0;
            while (shown < budget) {
                int more = export.next(batch);
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
            SessionExport opened = new SessionExport(surroundings, nowNs);
            if (!answer().complete(opened)) {
                opened.close();
            }
            return 1;
        }
    }
}

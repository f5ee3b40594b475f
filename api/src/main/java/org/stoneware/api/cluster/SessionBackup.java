package org.stoneware.api.cluster;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Writes the sessions of the answering server into a file while it serves, and puts those of a file back; the format is that of
 * {@code org.stoneware.api.backup}. Files are read and written by the server, with its user's rights.
 * <p>
 * <b>Threading:</b> callable from any thread. The work is done on a thread of its own and, where sessions are touched, on the server's agent in
 * pieces between requests of Tomcats. Cancelling the answer ends it; sessions put back until then stay.
 * <p>
 * <b>Limits:</b> one backup or restore at a time on a server.
 * <p>
 * <b>Failure:</b> what is expected is an outcome; its reason says what, where and what to do.
 */
@ProviderType
public interface SessionBackup {
    /**
     * Writes every session into a file. The server must hold all sessions: the active, or a passive in sync. Each session is as it was at one
     * moment between begin and end of the backup; one created or ended meanwhile may or may not be in it.
     * <p>
     * The file has its name only once it is whole, read back and forced to disk; until then its name ends in {@code .part}. Only its owner
     * may read it.
     *
     * @param file absolute; must not exist.
     * @param by   who asks, for the log.
     */
    CompletableFuture<BackupOutcome> backup(Path file, String by);

    /**
     * Puts the sessions of a file back, through the log: every in-sync server has each of them, as durable as any write. Only the active does
     * it. The whole file is checked first; of a damaged one nothing is put back. Sessions whose time is over are skipped.
     *
     * @param file absolute.
     * @param by   who asks, for the log.
     */
    CompletableFuture<RestoreOutcome> restore(Path file, RestoreOptions options, String by);

    /** Which session stays when the array holds one of the same application and id, with other content. */
    enum Existing {
        /** That of the array. */
        KEEP,
        /** That of the file, once its owner has given the other one up; how many of those were newer is counted. */
        REPLACE
    }

    /**
     * How to put sessions back.
     *
     * @param countsTime true: the time since the backup counts as time in which a session was not used. False: each session is as old as it was
     *                   when it was saved.
     */
    record RestoreOptions(Existing existing, boolean countsTime) {
        public static final RestoreOptions DEFAULTS = new RestoreOptions(Existing.KEEP, false);
    }

    /** How a backup or a restore went. */
    enum Status {
        /** All that was asked for is done. */
        DONE,
        /**
         * Part of the sessions could not be put back, and the same call again goes on; or could not be read, and the backup lacks them.
         * {@code reason} says why.
         */
        INCOMPLETE,
        /** Nothing was done. */
        FAILED,
        /** Another server must be asked; {@code reason} says which. What was put back until then stays. */
        NOT_HERE
    }

    /**
     * Answer to {@link #backup}.
     *
     * @param server    who wrote it.
     * @param sessions  sessions in the file.
     * @param bytes     length of the file.
     * @param tookMs    milliseconds from begin to end.
     * @param reason    one line for people.
     */
    record BackupOutcome(Status status, String server, long sessions, long bytes, long tookMs, String reason) {}

    /**
     * Answer to {@link #restore}.
     *
     * @param server who did it.
     * @param inFile sessions in the file.
     * @param bytes  length of the file.
     * @param counts what became of its sessions.
     * @param tookMs milliseconds from begin to end.
     * @param reason one line for people.
     */
    record RestoreOutcome(
            Status status, String server, long inFile, long bytes, RestoreCounts counts, long tookMs, String reason) {}

    /**
     * What became of the sessions of a file.
     *
     * @param restored       were not in the array and are now.
     * @param replaced       took the place of a session of the array.
     * @param replacedNewer  of those replaced: the array's had been used after the file's was saved.
     * @param unchanged      the array holds the same already.
     * @param kept           the array's stays, or it has got a new id since.
     * @param expired        their time is over.
     * @param inUse          could not be replaced: a Tomcat did not give them up.
     * @param refused        had no room, are longer than a session may be, or the store or a standby was behind for too long.
     */
    record RestoreCounts(
            long restored,
            long replaced,
            long replacedNewer,
            long unchanged,
            long kept,
            long expired,
            long inUse,
            long refused) {
        public static final RestoreCounts NONE = new RestoreCounts(0, 0, 0, 0, 0, 0, 0, 0);

        public RestoreCounts plus(RestoreCounts other) {
            return new RestoreCounts(
                    restored + other.restored,
                    replaced + other.replaced,
                    replacedNewer + other.replacedNewer,
                    unchanged + other.unchanged,
                    kept + other.kept,
                    expired + other.expired,
                    inUse + other.inUse,
                    refused + other.refused);
        }

        /** Sessions looked at. */
        public long total() {
            return restored + replaced + unchanged + kept + expired + inUse + refused;
        }
    }
}

package org.stoneware.server.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.stoneware.api.backup.BackupException;
import org.stoneware.api.backup.BackupHeader;
import org.stoneware.api.backup.BackupSummary;
import org.stoneware.api.cluster.SessionAdminException;
import org.stoneware.api.cluster.SessionBackup.BackupOutcome;
import org.stoneware.api.cluster.SessionBackup.Status;
import org.stoneware.server.admin.NotWholeException;
import org.stoneware.server.admin.RecordBatch;
import org.stoneware.server.admin.SessionExport;

/** One backup from begin to end. <b>Threading:</b> a thread of its own. */
final class BackupJob {
    private final SessionDesk desk;
    private final String self;
    private final Path file;
    private final BooleanSupplier isGivenUp;
    private final long startNs = System.nanoTime();

    /** @param isGivenUp whoever asked waits no more. */
    BackupJob(SessionDesk desk, String self, Path file, BooleanSupplier isGivenUp) {
        this.desk = desk;
        this.self = self;
        this.file = file;
        this.isGivenUp = isGivenUp;
    }

    BackupOutcome run() {
        try {
            return write();
        } catch (NotWholeException e) {
            return failed(Status.NOT_HERE, String.valueOf(e.getMessage()));
        } catch (SessionAdminException | BackupException e) {
            return failed(Status.FAILED, String.valueOf(e.getMessage()));
        } catch (BackupFile.UnforcedException e) {
            return new BackupOutcome(Status.FAILED, self, 0, 0, tookMs(), String.valueOf(e.getMessage()));
        } catch (IOException e) {
            return failed(Status.FAILED, BackupFile.reason(e));
        }
    }

    private BackupOutcome write() throws IOException, BackupException {
        SessionExport export = SessionDesk.await(desk.beginExport());
        try (BackupFile target = BackupFile.create(file)) {
            SessionExport.Begin begin = export.begin();
            target.header(new BackupHeader(begin.wallMs(), begin.logTimeMs(), begin.server(), begin.mode()));
            RecordBatch batch = new RecordBatch();
            boolean hasMore = true;
            while (hasMore) {
                if (isGivenUp.getAsBoolean()) {
                    return failed(Status.FAILED, "it was interrupted");
                }
                batch.clear();
                hasMore = SessionDesk.await(desk.export(export, batch));
                target.sessions(batch);
            }
            BackupSummary summary = target.complete();
            long tookMs = tookMs();
            if (export.unread() > 0) {
                // Better than none, and nobody is to take it for whole.
                return new BackupOutcome(
                        Status.INCOMPLETE,
                        self,
                        summary.sessions(),
                        target.length(),
                        tookMs,
                        "the backup of " + self + " in " + file + " is not whole: the device does not read "
                                + export.unread() + " sessions that are held; sessions=" + summary.sessions()
                                + " are in it");
            }
            return new BackupOutcome(
                    Status.DONE,
                    self,
                    summary.sessions(),
                    target.length(),
                    tookMs,
                    "backup of " + self + " is in " + file + ": sessions=" + summary.sessions() + " bytes="
                            + target.length() + " tookMs=" + tookMs);
        } finally {
            desk.endExport(export);
        }
    }

    private BackupOutcome failed(Status status, String why) {
        return new BackupOutcome(status, self, 0, 0, tookMs(), "no backup was written to " + file + ": " + why);
    }

    private long tookMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
    }
}

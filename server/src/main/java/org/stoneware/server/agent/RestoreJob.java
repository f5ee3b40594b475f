package org.stoneware.server.agent;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.backup.BackupException;
import org.stoneware.api.backup.BackupHeader;
import org.stoneware.api.backup.BackupReader;
import org.stoneware.api.cluster.SessionAdminException;
import org.stoneware.api.cluster.SessionBackup.Existing;
import org.stoneware.api.cluster.SessionBackup.RestoreCounts;
import org.stoneware.api.cluster.SessionBackup.RestoreOptions;
import org.stoneware.api.cluster.SessionBackup.RestoreOutcome;
import org.stoneware.api.cluster.SessionBackup.Status;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.admin.AdoptionAnswer;
import org.stoneware.server.admin.AdoptionTerms;
import org.stoneware.server.admin.RecordBatch;

/** One restore from begin to end: the whole file is checked before the first session is put back. <b>Threading:</b> a thread of its own. */
final class RestoreJob {
    private static final int BUFFER_BYTES = 1 << 20;

    private final SessionDesk desk;
    private final String self;
    private final Path file;
    private final RestoreOptions options;
    private final BooleanSupplier isGivenUp;
    private final long startNs = System.nanoTime();
    private RestoreCounts counts = RestoreCounts.NONE;
    private long inFile;
    private long bytes;

    /** @param isGivenUp whoever asked waits no more. */
    RestoreJob(SessionDesk desk, String self, Path file, RestoreOptions options, BooleanSupplier isGivenUp) {
        this.desk = desk;
        this.self = self;
        this.file = file;
        this.options = options;
        this.isGivenUp = isGivenUp;
    }

    RestoreOutcome run() {
        try {
            BackupReader checked = BackupFile.check(file);
            inFile = checked.summary().sessions();
            bytes = checked.position();
            return putBack(checked.header());
        } catch (BackupException | SessionAdminException e) {
            return ended(broken(), file + ": " + e.getMessage());
        } catch (IOException e) {
            return ended(broken(), BackupFile.reason(e));
        }
    }

    private Status broken() {
        return counts.total() == 0 ? Status.FAILED : Status.INCOMPLETE;
    }

    private RestoreOutcome putBack(BackupHeader header) throws IOException, BackupException {
        AdoptionTerms terms = new AdoptionTerms(
                options.existing() == Existing.REPLACE,
                options.countsTime(),
                header.createdTimeMs(),
                header.logTimeMs());
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES)) {
            BackupReader reader = new BackupReader(in);
            RecordBatch batch = new RecordBatch();
            @Nullable SessionRecord next = reader.next();
            // An empty backup asks as well: only the active answers that all is done.
            do {
                if (isGivenUp.getAsBoolean()) {
                    return ended(broken(), "it was interrupted");
                }
                batch.clear();
                while (next != null && !batch.isFull()) {
                    batch.add(next);
                    next = reader.next();
                }
                AdoptionAnswer answer = SessionDesk.await(desk.adopt(batch, terms));
                counts = counts.plus(answer.counts());
                if (!answer.isHere()) {
                    return ended(Status.NOT_HERE, answer.trouble());
                }
                if (!answer.trouble().isEmpty()) {
                    return ended(Status.INCOMPLETE, answer.trouble());
                }
            } while (next != null);
        }
        return ended(counts.inUse() + counts.refused() > 0 ? Status.INCOMPLETE : Status.DONE, why());
    }

    private String why() {
        String inUse = counts.inUse() == 0
                ? ""
                : "sessions in use were left as they are; restore again when their requests are over";
        String refused = counts.refused() == 0 ? "" : "some are longer than this server takes";
        return inUse + (inUse.isEmpty() || refused.isEmpty() ? "" : ", and ") + refused;
    }

    private RestoreOutcome ended(Status status, String why) {
        long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
        String what = counts.total() == 0 && status != Status.DONE
                ? "nothing was put back"
                : "sessions of " + file + " put back: restored=" + counts.restored() + " replaced=" + counts.replaced()
                        + " replacedNewer=" + counts.replacedNewer() + " unchanged=" + counts.unchanged() + " kept="
                        + counts.kept() + " expired=" + counts.expired() + " inUse=" + counts.inUse() + " refused="
                        + counts.refused() + " of=" + inFile;
        return new RestoreOutcome(
                status, self, inFile, bytes, counts, tookMs, what + (why.isEmpty() ? "" : ": " + why));
    }
}

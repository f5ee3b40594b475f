package org.stoneware.server.storage;

import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.stoneware.spi.storage.SessionStore.DigestVisitor;
import org.stoneware.spi.storage.SessionStore.ExpiryVisitor;
import org.stoneware.spi.storage.SessionStore.RecordVisitor;

/**
 * Lets a store show something, and tells what the store throws from what the visitor throws: the first is a failure of the store, the second
 * goes on to whoever asked.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class VisitGuard {
    private final Consumer<String> failed;
    private boolean isShowing;

    /** @param failed hears why a store could not show what it was asked for. */
    VisitGuard(Consumer<String> failed) {
        this.failed = failed;
    }

    /** @return what the visit returned; 0 when the store failed. */
    int run(IntSupplier visit) {
        isShowing = false;
        try {
            return visit.getAsInt();
        } catch (RuntimeException | LinkageError e) {
            if (isShowing) {
                throw e;
            }
            failed.accept(StoreGuard.inWords(e));
            return 0;
        }
    }

    void run(Runnable visit) {
        run(() -> {
            visit.run();
            return 0;
        });
    }

    RecordVisitor records(RecordVisitor visitor) {
        return record -> {
            isShowing = true;
            visitor.onRecord(record);
            isShowing = false;
        };
    }

    DigestVisitor digests(DigestVisitor visitor) {
        return (keyHash64, digest) -> {
            isShowing = true;
            visitor.onDigest(keyHash64, digest);
            isShowing = false;
        };
    }

    ExpiryVisitor expired(ExpiryVisitor visitor) {
        return (key, lastAccessedTimeMs) -> {
            isShowing = true;
            visitor.onExpired(key, lastAccessedTimeMs);
            isShowing = false;
        };
    }
}

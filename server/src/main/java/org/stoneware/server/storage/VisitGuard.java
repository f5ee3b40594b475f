package org.stoneware.server.storage;

import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.SessionStore.DigestVisitor;
import org.stoneware.spi.storage.SessionStore.ExpiryVisitor;
import org.stoneware.spi.storage.SessionStore.RecordVisitor;

/**
 * Lets the store in use show something, and tells what the store throws from what the visitor throws: the first is a failure of the store, the
 * second goes on to whoever asked.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class VisitGuard {
    private final SharedStore.Owner owner;
    private boolean isShowing;

    /** @param owner knows the store in use, and hears why it could not show what it was asked for. */
    VisitGuard(SharedStore.Owner owner) {
        this.owner = owner;
    }

    /** @return what the visit returned; 0 when the store failed. */
    int ask(ToIntFunction<SessionStore> visit) {
        SharedStore asked = owner.current();
        isShowing = false;
        asked.callBegins();
        try {
            return visit.applyAsInt(asked.store());
        } catch (RuntimeException | LinkageError e) {
            if (isShowing) {
                throw e;
            }
            owner.failed(asked, StoreGuard.inWords(e));
            return 0;
        } finally {
            asked.callEnds();
        }
    }

    void run(Consumer<SessionStore> visit) {
        ask(store -> {
            visit.accept(store);
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

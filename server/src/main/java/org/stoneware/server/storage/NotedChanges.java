package org.stoneware.server.storage;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.storage.SessionStore;

/**
 * Notes go to the store in use, and behind it to its twin when that gets them.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Failure:</b> a note the store in use does not take is a failure of that store; the one before it has had every note so far, and gets
 * this one once it is in use again.
 */
final class NotedChanges {
    private final SharedStore.Owner owner;
    private final Supplier<@Nullable StoreTwin> twin;

    /**
     * @param owner knows the store in use, and hears that it did not take a note.
     * @param twin  what follows the store in use; null when nothing does.
     */
    NotedChanges(SharedStore.Owner owner, Supplier<@Nullable StoreTwin> twin) {
        this.owner = owner;
        this.twin = twin;
    }

    void tell(Consumer<SessionStore> note) {
        SharedStore asked = owner.current();
        try {
            note.accept(asked.store());
        } catch (RuntimeException | LinkageError e) {
            if (owner.failed(asked, StoreGuard.inWords(e))) {
                tell(note);
                return;
            }
        }
        StoreTwin second = twin.get();
        if (second != null && second.isNoted()) {
            second.guarded("note", () -> note.accept(second.opened().store()));
        }
    }
}

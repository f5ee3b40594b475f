package org.stoneware.server.storage;

import java.util.function.Consumer;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreFigures;
import org.stoneware.spi.storage.StoreHealth;

/**
 * Asks the store in use how it is. A question that fails is a failure of the store; what is answered then is what was known before.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class StoreQuestions {
    private final SharedStore.Owner owner;
    private StoreFigures lastFigures = new StoreFigures(0, 0, 0, 0, 0, 0);
    private String lastMode = "";
    private String lastDamage = "";

    /** @param owner knows the store in use, and hears why it did not answer. */
    StoreQuestions(SharedStore.Owner owner) {
        this.owner = owner;
    }

    void ask(Consumer<SessionStore> question) {
        SharedStore asked = owner.current();
        try {
            question.accept(asked.store());
        } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
            owner.failed(asked, StoreGuard.inWords(e));
        }
    }

    String mode() {
        ask(store -> lastMode = store.mode());
        return lastMode;
    }

    StoreFigures figures() {
        ask(store -> lastFigures = store.figures());
        return lastFigures;
    }

    StoreHealth health() {
        StoreHealth[] health = {new StoreHealth(StoreHealth.State.FAILED, "it can't tell how it is")};
        ask(store -> health[0] = store.health());
        return health[0];
    }

    String damage() {
        ask(store -> lastDamage = store.damage());
        return lastDamage;
    }

    String readProblem() {
        String[] problem = {""};
        ask(store -> problem[0] = store.readProblem());
        return problem[0];
    }

    boolean isBehind() {
        boolean[] isBehind = new boolean[1];
        ask(store -> isBehind[0] = store.isBehind());
        return isBehind[0];
    }

    long notesBytes() {
        long[] bytes = new long[1];
        ask(store -> bytes[0] = store.notesBytes());
        return bytes[0];
    }
}

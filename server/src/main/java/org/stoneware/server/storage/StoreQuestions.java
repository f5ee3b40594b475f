package org.stoneware.server.storage;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreFigures;
import org.stoneware.spi.storage.StoreHealth;

/**
 * Asks the store in use how it is. A question that fails is a failure of the store; what is answered then is what was known before.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class StoreQuestions {
    private final Supplier<SessionStore> inUse;
    private final Consumer<String> failed;
    private StoreFigures lastFigures = new StoreFigures(0, 0, 0, 0, 0, 0);
    private String lastMode = "";
    private String lastDamage = "";

    /** @param failed hears why the store did not answer. */
    StoreQuestions(Supplier<SessionStore> inUse, Consumer<String> failed) {
        this.inUse = inUse;
        this.failed = failed;
    }

    void ask(StoreGuard.Call question) {
        String problem = StoreGuard.failure(question);
        if (problem != null) {
            failed.accept(problem);
        }
    }

    String mode() {
        ask(() -> lastMode = inUse.get().mode());
        return lastMode;
    }

    StoreFigures figures() {
        ask(() -> lastFigures = inUse.get().figures());
        return lastFigures;
    }

    StoreHealth health() {
        StoreHealth[] health = {new StoreHealth(StoreHealth.State.FAILED, "it can't tell how it is")};
        ask(() -> health[0] = inUse.get().health());
        return health[0];
    }

    String damage() {
        ask(() -> lastDamage = inUse.get().damage());
        return lastDamage;
    }

    String readProblem() {
        String[] problem = {""};
        ask(() -> problem[0] = inUse.get().readProblem());
        return problem[0];
    }

    long notesBytes() {
        long[] bytes = new long[1];
        ask(() -> bytes[0] = inUse.get().notesBytes());
        return bytes[0];
    }
}

package org.stoneware.server.storage;

import org.jspecify.annotations.Nullable;

/** Tells failures of a store's code from failures of the machine: the former must not take the server down. */
final class StoreGuard {
    /** A call into a store. */
    @FunctionalInterface
    interface Call {
        void run();
    }

    private StoreGuard() {}

    /** @return why the call failed, null when it did not. */
    static @Nullable String failure(Call call) {
        try {
            call.run();
            return null;
        } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
            return inWords(e);
        }
    }

    static String inWords(Throwable e) {
        return e.getClass().getSimpleName() + (e.getMessage() == null ? "" : ": " + e.getMessage());
    }
}

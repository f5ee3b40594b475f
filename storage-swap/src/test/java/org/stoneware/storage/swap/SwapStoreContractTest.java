package org.stoneware.storage.swap;

import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.SessionStoreContract;

final class SwapStoreContractTest extends SessionStoreContract {
    @Override
    protected SessionStore open(StoreContext context) {
        return new SwapStoreProvider().open(context);
    }

    @Override
    protected boolean holdsMoreThanMemory() {
        return true;
    }
}

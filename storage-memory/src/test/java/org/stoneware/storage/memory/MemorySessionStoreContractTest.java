package org.stoneware.storage.memory;

import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.SessionStoreContract;

final class MemorySessionStoreContractTest extends SessionStoreContract {
    @Override
    protected SessionStore open(StoreContext context) {
        return new MemorySessionStoreProvider().open(context);
    }
}

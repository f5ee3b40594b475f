package org.stoneware.testkit.storage;

import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;

final class ReferenceSessionStoreTest extends SessionStoreContract {
    @Override
    protected SessionStore open(StoreContext context) {
        return new ReferenceSessionStore(context);
    }
}

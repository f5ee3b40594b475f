package org.stoneware.storage.permanent;

import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.SessionStoreContract;

final class PermanentStoreContractTest extends SessionStoreContract {
    @Override
    protected SessionStore open(StoreContext context) {
        return new PermanentStoreProvider().open(context);
    }

    @Override
    protected boolean keepsSessions() {
        return true;
    }

    @Override
    protected boolean holdsMoreThanMemory() {
        return true;
    }
}

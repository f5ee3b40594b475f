package org.stoneware.storage.permanent;

import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.SessionStoreContract;

/** The mode as it is shipped, over the files of this machine. These do not fail on demand; {@link PermanentStoreContractTest} has some that do. */
final class PermanentStoreOnDiskContractTest extends SessionStoreContract {
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

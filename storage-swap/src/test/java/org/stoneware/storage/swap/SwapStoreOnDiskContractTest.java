package org.stoneware.storage.swap;

import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.SessionStoreContract;

/** The mode as it is shipped, over the files of this machine. These do not fail on demand; {@link SwapStoreContractTest} has some that do. */
final class SwapStoreOnDiskContractTest extends SessionStoreContract {
    @Override
    protected SessionStore open(StoreContext context) {
        return new SwapStoreProvider().open(context);
    }

    @Override
    protected boolean holdsMoreThanMemory() {
        return true;
    }
}

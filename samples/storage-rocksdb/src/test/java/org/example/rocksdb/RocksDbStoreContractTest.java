package org.example.rocksdb;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.SessionStoreContract;

final class RocksDbStoreContractTest extends SessionStoreContract {
    private final RocksDbStoreProvider provider = new RocksDbStoreProvider();
    private final Map<Path, FailingDatabase> databases = new HashMap<>();

    @Override
    protected SessionStore open(StoreContext context) {
        FailingDatabase database = new FailingDatabase(RocksSessionDatabase.open(context));
        databases.put(context.directory(), database);
        return new RocksDbSessionStore(context, database);
    }

    @Override
    protected boolean keepsSessions() {
        return provider.keepsSessions();
    }

    @Override
    protected boolean holdsMoreThanMemory() {
        return true;
    }

    @Override
    protected boolean failDisk(SessionStore store) {
        databases.values().forEach(FailingDatabase::fail);
        return true;
    }
}

package org.example.rocksdb;

import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.SessionStoreProvider;
import org.stoneware.spi.storage.StorageException;
import org.stoneware.spi.storage.StoreContext;

/**
 * Offers persistence mode {@value #MODE}. The component exists as long as its configuration does; stores it opened live on until the
 * server closes them.
 */
@Component(
        service = SessionStoreProvider.class,
        configurationPid = RocksDbStoreProvider.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        property = "storage.mode=" + RocksDbStoreProvider.MODE)
public final class RocksDbStoreProvider implements SessionStoreProvider {
    public static final String MODE = "rocksdb";
    /** The server makes a configuration for {@code org.stoneware.storage.} and the mode. */
    public static final String PID = "org.stoneware.storage.rocksdb";

    static final long MIN_MEMORY_BYTES = 2L << 20;

    @Override
    public String mode() {
        return MODE;
    }

    @Override
    public boolean keepsSessions() {
        return true;
    }

    @Override
    public SessionStore open(StoreContext context) {
        if (context.maxMemoryBytes() < MIN_MEMORY_BYTES) {
            throw new StorageException("memory for sessions is too small: bytes=" + context.maxMemoryBytes() + " min="
                    + MIN_MEMORY_BYTES + "; raise offheap/maxDataSize");
        }
        return new RocksDbSessionStore(context, RocksSessionDatabase.open(context));
    }
}

package org.stoneware.storage.memory;

import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.SessionStoreProvider;
import org.stoneware.spi.storage.StorageException;
import org.stoneware.spi.storage.StoreContext;

/**
 * Offers persistence mode {@value #MODE}. The component exists as long as its configuration does; stores it opened live on
 * until the server closes them.
 */
@Component(
        service = SessionStoreProvider.class,
        configurationPid = MemorySessionStoreProvider.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        property = "storage.mode=" + MemorySessionStoreProvider.MODE)
public final class MemorySessionStoreProvider implements SessionStoreProvider {
    public static final String MODE = "memory";
    public static final String PID = "org.stoneware.storage.memory";
    /** Below this an index and one chunk per common size would leave no room for sessions. */
    public static final long MIN_MEMORY_BYTES = 1L << 20;

    @Override
    public String mode() {
        return MODE;
    }

    @Override
    public SessionStore open(StoreContext context) {
        if (context.maxMemoryBytes() < MIN_MEMORY_BYTES) {
            throw new StorageException("memory for sessions is too small: bytes=" + context.maxMemoryBytes() + " min="
                    + MIN_MEMORY_BYTES + "; raise offheap/maxDataSize");
        }
        if (context.maxRecordLength() > context.maxMemoryBytes()) {
            context.notices()
                    .accept("the largest session allowed does not fit the memory for sessions: maxRecordLength="
                            + context.maxRecordLength() + " maxMemoryBytes=" + context.maxMemoryBytes());
        }
        return new MemorySessionStore(context);
    }
}

package org.stoneware.storage.swap;

import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.SessionStoreProvider;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.storage.engine.EngineContext;
import org.stoneware.storage.engine.SegmentSessionStore;
import org.stoneware.storage.engine.StorePolicy;
import org.stoneware.storage.segments.RealSegmentFiles;
import org.stoneware.storage.segments.SegmentFiles;

/**
 * Offers persistence mode {@value #MODE}: memory first, disk beyond, nothing kept over the end of the process. The component exists as
 * long as its configuration does; stores it opened live on until the server closes them.
 */
@Component(
        service = SessionStoreProvider.class,
        configurationPid = SwapStoreProvider.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        property = "storage.mode=" + SwapStoreProvider.MODE)
public final class SwapStoreProvider implements SessionStoreProvider {
    public static final String MODE = "temporary-swap-only";
    public static final String PID = "org.stoneware.storage.swap";

    @Override
    public String mode() {
        return MODE;
    }

    @Override
    public SessionStore open(StoreContext context) {
        return open(context, new RealSegmentFiles(context.directory()));
    }

    /** Opens a store over other files than those of the directory, which a test can make fail. */
    static SessionStore open(StoreContext context, SegmentFiles files) {
        return SegmentSessionStore.open(new EngineContext(MODE, StorePolicy.SPILL, context, files));
    }
}

package org.stoneware.storage.permanent;

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
 * Offers persistence mode {@value #MODE}: every change goes to a log on disk and is there when the server starts again. The component
 * exists as long as its configuration does; stores it opened live on until the server closes them.
 */
@Component(
        service = SessionStoreProvider.class,
        configurationPid = PermanentStoreProvider.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        property = "storage.mode=" + PermanentStoreProvider.MODE)
public final class PermanentStoreProvider implements SessionStoreProvider {
    public static final String MODE = "permanent-store";
    public static final String PID = "org.stoneware.storage.permanent";

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
        return open(context, new RealSegmentFiles(context.directory()));
    }

    /** Opens a store over other files than those of the directory, which a test can make fail. */
    static SessionStore open(StoreContext context, SegmentFiles files) {
        return SegmentSessionStore.open(new EngineContext(MODE, StorePolicy.KEEP, context, files));
    }
}

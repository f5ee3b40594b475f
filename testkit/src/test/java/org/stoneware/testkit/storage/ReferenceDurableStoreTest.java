package org.stoneware.testkit.storage;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;

final class ReferenceDurableStoreTest extends SessionStoreContract {
    private final Map<Path, ReferenceDisk> disks = new HashMap<>();
    private int crashes;

    @Override
    protected SessionStore open(StoreContext context) {
        ReferenceDisk disk = disks.computeIfAbsent(context.directory(), directory -> new ReferenceDisk());
        return new ReferenceDurableStore(context, disk, ReferenceDurableStore.Pace.ORDINARY);
    }

    @Override
    protected boolean keepsSessions() {
        return true;
    }

    @Override
    protected boolean holdsMoreThanMemory() {
        return true;
    }

    @Override
    protected Path crash(SessionStore store, Path directory) {
        Path next = newDirectory();
        // Now and then something survives that nobody promised.
        disks.put(next, disks.get(directory).afterCrash(crashes++ % 3));
        return next;
    }

    @Override
    protected boolean failDisk(SessionStore store) {
        disks.values().forEach(ReferenceDisk::fail);
        return true;
    }
}

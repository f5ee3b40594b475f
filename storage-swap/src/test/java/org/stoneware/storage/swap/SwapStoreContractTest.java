package org.stoneware.storage.swap;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;
import org.stoneware.testkit.storage.SessionStoreContract;

/** The mode over a disk that fails. {@link SwapStoreOnDiskContractTest} has the files of the machine. */
final class SwapStoreContractTest extends SessionStoreContract {
    private final Map<Path, FaultySegmentFiles> disks = new HashMap<>();

    @Override
    protected SessionStore open(StoreContext context) {
        FaultySegmentFiles disk = disks.computeIfAbsent(context.directory(), directory -> new FaultySegmentFiles());
        if (context.maxDiskBytes() != 0) {
            // The device is out of space before the bound is reached.
            disk.budget(context.maxDiskBytes() * 3 / 4);
        }
        return SwapStoreProvider.open(context, disk.ofProcess());
    }

    @Override
    protected boolean holdsMoreThanMemory() {
        return true;
    }

    @Override
    protected Path crash(SessionStore store, Path directory) {
        FaultySegmentFiles disk = disks.get(directory);
        disk.losePower(new Random(disks.size()));
        disk.failWrites(false);
        Path next = newDirectory();
        disks.put(next, disk);
        return next;
    }

    @Override
    protected boolean failDisk(SessionStore store) {
        disks.values().forEach(disk -> disk.failWrites(true));
        return true;
    }
}

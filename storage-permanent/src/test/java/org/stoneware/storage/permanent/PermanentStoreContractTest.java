package org.stoneware.storage.permanent;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.stoneware.spi.storage.Durability;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;
import org.stoneware.testkit.storage.SessionStoreContract;

/**
 * The mode over a disk that fails: what was not forced is torn or gone after a crash, wherever forced is what was promised. {@link
 * PermanentStoreOnDiskContractTest} has the files of the machine.
 */
final class PermanentStoreContractTest extends SessionStoreContract {
    /** A disk in memory takes this much where the contract sets no bound. */
    private static final long DISK_BYTES = 128L << 20;

    private final Map<Path, FaultySegmentFiles> disks = new HashMap<>();
    private final Map<Path, Durability> durabilities = new HashMap<>();

    @Override
    protected SessionStore open(StoreContext context) {
        FaultySegmentFiles disk = disks.computeIfAbsent(context.directory(), directory -> new FaultySegmentFiles());
        durabilities.put(context.directory(), context.durability());
        long maxDiskBytes = context.maxDiskBytes();
        if (maxDiskBytes == 0) {
            maxDiskBytes = DISK_BYTES;
        } else {
            // The device is out of space before the bound is reached.
            disk.budget(maxDiskBytes * 3 / 4);
        }
        StoreContext bounded = new StoreContext(
                context.directory(),
                context.maxMemoryBytes(),
                maxDiskBytes,
                context.maxRecordLength(),
                context.durability(),
                context.notices());
        return PermanentStoreProvider.open(bounded, disk.ofProcess());
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
        FaultySegmentFiles disk = disks.get(directory);
        if (durabilities.get(directory) == Durability.FSYNC) {
            disk.losePower(new Random(disks.size()));
        } else {
            disk.endProcess();
        }
        disk.failForces(false);
        Path next = newDirectory();
        disks.put(next, disk);
        return next;
    }

    @Override
    protected boolean failDisk(SessionStore store) {
        disks.values().forEach(disk -> disk.failForces(true));
        return true;
    }
}

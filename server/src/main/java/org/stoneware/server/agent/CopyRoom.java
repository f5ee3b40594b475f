package org.stoneware.server.agent;

import java.nio.file.Path;
import java.util.function.LongSupplier;
import org.stoneware.api.config.ServerSettings;

/**
 * Whether the machine has room for a second copy of the sessions, beside the one in use.
 * <p>
 * <b>Threading:</b> any thread.
 */
final class CopyRoom {
    private final Path directory;
    private final long maxMemoryBytes;
    private final LongSupplier freeDiskBytes;
    private final LongSupplier freeMemoryBytes;

    /**
     * @param maxMemoryBytes  what a store may use.
     * @param freeDiskBytes   what is free where stores lie; 0 when that can't be found out.
     * @param freeMemoryBytes negative when that can't be found out.
     */
    CopyRoom(Path directory, long maxMemoryBytes, LongSupplier freeDiskBytes, LongSupplier freeMemoryBytes) {
        this.directory = directory;
        this.maxMemoryBytes = maxMemoryBytes;
        this.freeDiskBytes = freeDiskBytes;
        this.freeMemoryBytes = freeMemoryBytes;
    }

    static CopyRoom of(ServerSettings self, long maxMemoryBytes) {
        Path data = self.dataDirectory();
        return new CopyRoom(data, maxMemoryBytes, () -> data.toFile().getUsableSpace(), FreeMemory::bytes);
    }

    /** @return why there is none; empty when there is, or when that can't be found out. */
    String problem(boolean keepsSessions, long payloadBytes) {
        long needBytes = payloadBytes + payloadBytes / 4;
        long diskBytes = freeDiskBytes.getAsLong();
        if (keepsSessions && diskBytes > 0 && diskBytes < needBytes) {
            return "not enough disk for a second copy: needBytes=" + needBytes + " freeBytes=" + diskBytes + " in "
                    + directory;
        }
        long memoryNeedBytes = Math.min(needBytes, maxMemoryBytes);
        long freeBytes = freeMemoryBytes.getAsLong();
        return freeBytes >= 0 && freeBytes < memoryNeedBytes
                ? "not enough memory for a second copy: needBytes=" + memoryNeedBytes + " freeBytes=" + freeBytes
                : "";
    }
}

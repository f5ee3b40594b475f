package org.stoneware.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.stoneware.storage.segments.SegmentLog;
import org.stoneware.storage.segments.SegmentLogContext;

/** What the disk gives at most: a bare loop of one write and one fdatasync of as many bytes as the records in flight take. */
final class WriteFloor implements DurableEngine {
    private static final int ALLOCATED_BYTES = SegmentLogContext.DEFAULT_SEGMENT_BYTES;

    private final Path file;
    private final int frameLength;
    private final boolean isAllocated;

    /** @param isAllocated whether the file has all its blocks before the first write, as that of a deleted segment has. */
    WriteFloor(Path file, int value, boolean isAllocated) throws IOException {
        this.file = file;
        this.frameLength = SegmentLog.frameLength(value);
        this.isAllocated = isAllocated;
        if (isAllocated) {
            allocate();
        }
    }

    private void allocate() throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long position = 0; position < ALLOCATED_BYTES; position += zeros.capacity()) {
                writeAll(channel, zeros.clear(), position);
            }
            channel.force(true);
        }
    }

    @Override
    public double writesPerSecond(int inFlight, long millis) throws IOException {
        ByteBuffer batch = ByteBuffer.allocateDirect(frameLength * inFlight);
        long writes = 0;
        long position = 0;
        long startNs = System.nanoTime();
        long endNs = startNs + TimeUnit.MILLISECONDS.toNanos(millis);
        long nowNs = startNs;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            while (nowNs < endNs) {
                if (isAllocated && position + batch.capacity() > ALLOCATED_BYTES) {
                    position = 0;
                }
                writeAll(channel, batch.clear(), position);
                channel.force(false);
                position += batch.capacity();
                writes += inFlight;
                nowNs = System.nanoTime();
            }
        } finally {
            if (!isAllocated) {
                Files.deleteIfExists(file);
            }
        }
        return writes * 1e9 / (nowNs - startNs);
    }

    private static void writeAll(FileChannel channel, ByteBuffer source, long position) throws IOException {
        long at = position;
        while (source.hasRemaining()) {
            at += channel.write(source, at);
        }
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(file);
    }
}

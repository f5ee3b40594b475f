package org.stoneware.storage.segments;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The files of one directory, as little of a file system as the log needs, so that tests can put a failing one in its place.
 * <p>
 * <b>Threading:</b> callable from any thread; one file is written by one thread at a time.
 * <p>
 * <b>Failure:</b> {@link NoSpaceException} when there is no room, which may pass; any other {@link IOException} of a write or force
 * means that what was written before may be gone as well.
 */
public interface SegmentFiles {
    /** Readable name of the directory, for messages. */
    String name();

    /** Names of all files, in no order. */
    List<String> list() throws IOException;

    /** Opens a file that exists, to read and write. */
    File open(String name) throws IOException;

    /** Opens a file that exists, to read only. */
    File openToRead(String name) throws IOException;

    /** Makes a file; one of that name is emptied. */
    File create(String name) throws IOException;

    /** Gives a file another name, in one step; a file of that name is replaced. */
    void rename(String from, String to) throws IOException;

    /** Takes a file away; nothing happens when there is none. */
    void delete(String name) throws IOException;

    /** Makes names given and taken away survive a loss of power. */
    void forceDirectory() throws IOException;

    /** Bytes that can still be written. */
    long usableBytes() throws IOException;

    /**
     * Takes the directory for this process alone until the result is closed.
     *
     * @throws IOException when another process, or another log of this one, has it; the message says so.
     */
    Closeable lock(String name) throws IOException;

    /** One open file. */
    interface File extends Closeable {
        /** Writes all of {@code source} at {@code offset}; beyond the end the file grows. */
        void write(long offset, ByteBuffer source) throws IOException;

        /**
         * Reads until {@code target} is full or the file ends.
         *
         * @return bytes read; 0 at the end.
         */
        int read(long offset, ByteBuffer target) throws IOException;

        long length() throws IOException;

        /** Cuts the file. */
        void truncate(long length) throws IOException;

        /** Makes what was written survive a loss of power. */
        void force() throws IOException;

        @Override
        void close() throws IOException;
    }
}

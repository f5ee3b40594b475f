package org.stoneware.storage.segments.faults;

import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.stoneware.storage.segments.NoSpaceException;
import org.stoneware.storage.segments.SegmentFiles;

/**
 * A directory in memory whose disk fails on demand: full, broken, torn, and forgetting what was not forced when {@link #losePower power
 * is lost}.
 * <p>
 * <b>Threading:</b> any thread.
 */
public final class FaultySegmentFiles implements SegmentFiles {

    private final Map<String, FaultyContent> files = new LinkedHashMap<>();
    /** What names stood for when the directory was last forced. */
    private Map<String, FaultyContent> forcedNames = new LinkedHashMap<>();

    private final Set<String> locks = new HashSet<>();
    private long budget = Long.MAX_VALUE;
    private boolean isWriteFailing;
    private boolean isForceFailing;
    private boolean isReadFailing;
    private boolean lacksMemory;
    private long readableBytes = Long.MAX_VALUE;
    private String badName = "";
    private long badFrom;
    private long badTo;
    private boolean areOpensFailing;
    private boolean areDeletesFailing;
    private String unmadeSuffix = "";
    private int forcesUntilFailure = Integer.MAX_VALUE;
    private int maxReadLength = Integer.MAX_VALUE;
    private boolean areForcesHeld;
    private int heldForces;
    private int epoch;
    private int segmentFilesMade;
    private int refusedReads;
    private int refusedDeletes;
    private int readEpoch;

    /** Bytes all files may take together; more is {@link NoSpaceException} after as much as fits was written. */
    public synchronized void budget(long bytes) {
        budget = bytes;
    }

    /** Every write fails. */
    public synchronized void failWrites(boolean isFailing) {
        isWriteFailing = isFailing;
    }

    /** Every force fails; what it should have kept counts as not forced for ever. */
    public synchronized void failForces(boolean isFailing) {
        isForceFailing = isFailing;
    }

    /** The force after so many more fails, once. */
    public synchronized void failForceAfter(int forces) {
        forcesUntilFailure = forces;
    }

    /** Forces of segments do not come back until they are let go, or the process ends: then they have kept nothing. */
    public synchronized void holdForces(boolean areHeld) {
        areForcesHeld = areHeld;
        notifyAll();
    }

    /** Whether a force waits for {@link #holdForces} to end. */
    public synchronized boolean isForceHeld() {
        return heldForces > 0;
    }

    public synchronized void failReads(boolean isFailing) {
        isReadFailing = isFailing;
    }

    /** There is no memory outside the heap to read into. */
    public synchronized void lackMemory(boolean lacks) {
        lacksMemory = lacks;
    }

    /** What is open by now can't be read any more, what is opened from now on can: the device was gone for a while. */
    public synchronized void breakOpenFiles() {
        readEpoch++;
    }

    /** A read of a segment that reaches beyond an offset fails. */
    public synchronized void failReadsBeyond(long offset) {
        readableBytes = offset;
    }

    /** A read of a file fails when it touches this part of it; of no other one, until another is named. */
    public synchronized void failReadsOf(String name, long from, long to) {
        badName = name;
        badFrom = from;
        badTo = to;
    }

    /** A read fails that touches the last place these bytes lie in. */
    public synchronized void failReadsOf(byte[] found) {
        atEach(found, (name, content, at) -> failReadsOf(name, at, at + found.length));
    }

    private interface Place {
        void visit(String name, FaultyContent content, int at);
    }

    private void atEach(byte[] found, Place place) {
        int places = 0;
        for (Map.Entry<String, FaultyContent> file : files.entrySet()) {
            FaultyContent content = file.getValue();
            for (int at = 0; at + found.length <= content.length; at++) {
                if (Arrays.equals(content.bytes, at, at + found.length, found, 0, found.length)) {
                    place.visit(file.getKey(), content, at);
                    places++;
                }
            }
        }
        if (places == 0) {
            throw new IllegalArgumentException("no file has these bytes");
        }
    }

    /** Nothing can be opened to be read: too many files are open. */
    public synchronized void failOpens(boolean areFailing) {
        areOpensFailing = areFailing;
    }

    /** No file of a segment can be deleted. */
    public synchronized void failDeletes(boolean areFailing) {
        areDeletesFailing = areFailing;
    }

    /** There is no memory to make the next file whose name ends like this. */
    public synchronized void lackMemoryToMake(String suffix) {
        unmadeSuffix = suffix;
    }

    /** No single read of the device gives more. */
    public synchronized void shortReads(int maxLength) {
        maxReadLength = maxLength;
    }

    /**
     * Power is lost: names and bytes that were not forced are kept or lost at random, page by page; whoever still has a file open can no
     * longer use it, and locks are gone.
     */
    public synchronized void losePower(Random random) {
        endProcess();
        Map<String, FaultyContent> left = new LinkedHashMap<>(forcedNames);
        for (Map.Entry<String, FaultyContent> entry : files.entrySet()) {
            if (forcedNames.get(entry.getKey()) != entry.getValue() && random.nextBoolean()) {
                left.put(entry.getKey(), entry.getValue());
            }
        }
        for (String name : forcedNames.keySet()) {
            if (!files.containsKey(name) && random.nextBoolean()) {
                left.remove(name);
            }
        }
        files.clear();
        files.putAll(left);
        files.values().forEach(content -> content.losePower(random));
        forcedNames = new LinkedHashMap<>(files);
    }

    /** Whether a loss of power now would leave these bytes of a file as they are. */
    public synchronized boolean isForced(String name, int offset, int length) {
        FaultyContent content = files.get(name);
        int end = offset + length;
        return content != null
                && forcedNames.get(name) == content
                && end <= Math.min(content.length, content.forcedLength)
                && Arrays.equals(content.bytes, offset, end, content.forced, offset, end);
    }

    /** The process ends without a word: what was written stays. */
    public synchronized void endProcess() {
        epoch++;
        locks.clear();
        areForcesHeld = false;
        notifyAll();
    }

    /** Files made for segments, none of which was used before. */
    public synchronized int segmentFilesMade() {
        return segmentFilesMade;
    }

    /** Reads that failed because they were told to. */
    public synchronized int refusedReads() {
        return refusedReads;
    }

    /** Deletions that failed because they were told to. */
    public synchronized int refusedDeletes() {
        return refusedDeletes;
    }

    /** Bytes of a file. */
    public synchronized byte[] bytes(String name) {
        FaultyContent content = files.get(name);
        if (content == null) {
            throw new IllegalArgumentException("no such file: " + name);
        }
        return Arrays.copyOf(content.bytes, content.length);
    }

    /** Replaces or makes a file behind the back of its users. */
    public synchronized void bytes(String name, byte[] bytes) {
        FaultyContent content = new FaultyContent();
        content.write(0, bytes, bytes.length);
        content.force();
        files.put(name, content);
        forcedNames.put(name, content);
    }

    /** Damages these bytes wherever they are; who has the file open reads them damaged. */
    public synchronized void damage(byte[] found) {
        atEach(found, (name, content, at) -> content.bytes[at + found.length / 2] ^= 1);
    }

    /** Everything there is, as {@link #of} takes it. */
    public synchronized Map<String, byte[]> copy() {
        Map<String, byte[]> copy = new LinkedHashMap<>();
        files.keySet().forEach(name -> copy.put(name, bytes(name)));
        return copy;
    }

    /** A directory that holds exactly this. */
    public static FaultySegmentFiles of(Map<String, byte[]> copy) {
        FaultySegmentFiles files = new FaultySegmentFiles();
        copy.forEach(files::bytes);
        return files;
    }

    public long usedBytes() {
        return usedBytes("");
    }

    /** Of the files whose names end like this, as they are together at one moment. */
    public synchronized long usedBytes(String suffix) {
        return files.entrySet().stream()
                .filter(file -> file.getKey().endsWith(suffix))
                .mapToLong(file -> file.getValue().length)
                .sum();
    }

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public synchronized List<String> list() {
        return new ArrayList<>(files.keySet());
    }

    @Override
    public synchronized File open(String name) throws IOException {
        FaultyContent content = files.get(name);
        if (content == null) {
            throw new FileNotFoundException(name);
        }
        return new FaultyFile(name, content);
    }

    @Override
    public synchronized File openToRead(String name) throws IOException {
        if (areOpensFailing) {
            throw new IOException(name + ": Too many open files");
        }
        return open(name);
    }

    @Override
    public synchronized File create(String name) throws IOException {
        if (!unmadeSuffix.isEmpty() && name.endsWith(unmadeSuffix)) {
            unmadeSuffix = "";
            throw new OutOfMemoryError("Cannot reserve 4096 bytes of direct buffer memory");
        }
        FaultyContent content = new FaultyContent();
        files.put(name, content);
        segmentFilesMade += name.endsWith(".segment.new") ? 1 : 0;
        return new FaultyFile(name, content);
    }

    @Override
    public synchronized void rename(String from, String to) throws IOException {
        FaultyContent content = files.remove(from);
        if (content == null) {
            throw new FileNotFoundException(from);
        }
        files.put(to, content);
    }

    @Override
    public synchronized void delete(String name) throws IOException {
        if (areDeletesFailing && name.contains(".segment")) {
            refusedDeletes++;
            throw new IOException("Input/output error");
        }
        files.remove(name);
    }

    @Override
    public synchronized void forceDirectory() throws IOException {
        failForce();
        forcedNames = new LinkedHashMap<>(files);
    }

    @Override
    public synchronized long usableBytes() {
        return budget == Long.MAX_VALUE ? 1L << 40 : Math.max(0, budget - usedBytes());
    }

    @Override
    public synchronized Closeable lock(String name) throws IOException {
        if (!locks.add(name)) {
            throw new IOException("directory is in use by another server: directory=memory");
        }
        int taken = epoch;
        return () -> unlock(name, taken);
    }

    private synchronized void unlock(String name, int taken) {
        if (taken == epoch) {
            locks.remove(name);
        }
    }

    private void failForce() throws IOException {
        if (isForceFailing || forcesUntilFailure-- == 0) {
            throw new IOException("Input/output error");
        }
    }

    private void awaitChange() throws IOException {
        try {
            wait();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /**
     * This directory as one process sees it: once that process has ended, by {@link #endProcess} or {@link #losePower}, its threads, which
     * in a test live on, can no longer make, rename or delete files of the next one.
     */
    public synchronized SegmentFiles ofProcess() {
        return new ProcessFiles(epoch);
    }

    private final class ProcessFiles implements SegmentFiles {
        private final int began;

        ProcessFiles(int began) {
            this.began = began;
        }

        private FaultySegmentFiles files() throws IOException {
            if (epoch != began) {
                throw new IOException("the process has ended");
            }
            return FaultySegmentFiles.this;
        }

        @Override
        public String name() {
            return FaultySegmentFiles.this.name();
        }

        @Override
        public List<String> list() throws IOException {
            synchronized (FaultySegmentFiles.this) {
                return files().list();
            }
        }

        @Override
        public File open(String name) throws IOException {
            synchronized (FaultySegmentFiles.this) {
                return files().open(name);
            }
        }

        @Override
        public File openToRead(String name) throws IOException {
            synchronized (FaultySegmentFiles.this) {
                return files().openToRead(name);
            }
        }

        @Override
        public File create(String name) throws IOException {
            synchronized (FaultySegmentFiles.this) {
                return files().create(name);
            }
        }

        @Override
        public void rename(String from, String to) throws IOException {
            synchronized (FaultySegmentFiles.this) {
                files().rename(from, to);
            }
        }

        @Override
        public void delete(String name) throws IOException {
            synchronized (FaultySegmentFiles.this) {
                files().delete(name);
            }
        }

        @Override
        public void forceDirectory() throws IOException {
            synchronized (FaultySegmentFiles.this) {
                files().forceDirectory();
            }
        }

        @Override
        public long usableBytes() throws IOException {
            return FaultySegmentFiles.this.usableBytes();
        }

        @Override
        public Closeable lock(String name) throws IOException {
            synchronized (FaultySegmentFiles.this) {
                return files().lock(name);
            }
        }
    }

    private final class FaultyFile implements File {
        private final String name;
        private final FaultyContent content;
        private final int opened = epoch;
        private final int openedForReads = readEpoch;

        FaultyFile(String name, FaultyContent content) {
            this.name = name;
            this.content = content;
        }

        @Override
        public void write(long offset, ByteBuffer source) throws IOException {
            synchronized (FaultySegmentFiles.this) {
                check();
                if (isWriteFailing) {
                    throw new IOException("Input/output error");
                }
                int wanted = source.remaining();
                long growth = Math.max(0, offset + wanted - content.length);
                long room = Math.max(0, budget - usedBytes());
                int count = growth <= room ? wanted : (int) Math.max(0, wanted - (growth - room));
                byte[] bytes = new byte[count];
                source.get(bytes);
                content.write((int) offset, bytes, count);
                if (count < wanted) {
                    throw new NoSpaceException("No space left on device");
                }
            }
        }

        @Override
        public int read(long offset, ByteBuffer target) throws IOException {
            synchronized (FaultySegmentFiles.this) {
                check();
                if (lacksMemory) {
                    throw new OutOfMemoryError("Cannot reserve 4096 bytes of direct buffer memory");
                }
                boolean isBad = name.equals(badName) && offset < badTo && offset + target.remaining() > badFrom;
                if (isReadFailing
                        || isBad
                        || openedForReads != readEpoch
                        || name.endsWith(".segment") && offset + target.remaining() > readableBytes) {
                    refusedReads++;
                    throw new IOException("Input/output error");
                }
                int total = 0;
                while (target.hasRemaining() && offset + total < content.length) {
                    int count = (int)
                            Math.min(Math.min(target.remaining(), content.length - offset - total), maxReadLength);
                    target.put(content.bytes, (int) offset + total, count);
                    total += count;
                }
                return total;
            }
        }

        @Override
        public long length() throws IOException {
            synchronized (FaultySegmentFiles.this) {
                check();
                return content.length;
            }
        }

        @Override
        public void truncate(long length) throws IOException {
            synchronized (FaultySegmentFiles.this) {
                check();
                content.length = (int) Math.min(content.length, length);
            }
        }

        @Override
        public void force() throws IOException {
            synchronized (FaultySegmentFiles.this) {
                while (areForcesHeld && name.endsWith(".segment") && opened == epoch) {
                    heldForces++;
                    awaitChange();
                    heldForces--;
                }
                check();
                failForce();
                content.force();
            }
        }

        @Override
        public void close() {}

        private void check() throws IOException {
            if (opened != epoch) {
                throw new IOException("the process that had opened this file has ended");
            }
        }
    }
}

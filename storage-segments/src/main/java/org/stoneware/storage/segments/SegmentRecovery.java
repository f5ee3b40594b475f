package org.stoneware.storage.segments;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads what an earlier run left: segments in parallel, shown in order.
 * <p>
 * <b>Threading:</b> one thread, and some of its own while it runs.
 */
final class SegmentRecovery {
    private static final int MAX_THREADS = 4;

    private final SegmentFiles files;
    private final SegmentDirectory directory;
    private final SegmentLoader loader;
    private final NoteLedger notes;
    private final Consumer<String> notices;
    private final Map<Integer, SegmentLoader.Loaded> loaded = new HashMap<>();
    private final List<RecoveryReport.Damage> damages = new ArrayList<>();
    private final RecordHint hint = new RecordHint();
    private int rebuilt;
    private long records;
    private long cutBytes;

    SegmentRecovery(SegmentFiles files, SegmentDirectory directory, NoteLedger notes, Consumer<String> notices) {
        this.files = files;
        this.directory = directory;
        this.notes = notes;
        this.notices = notices;
        this.loader = new SegmentLoader(files, directory.logId());
    }

    /** @param segments told of each segment before its records are shown. */
    RecoveryReport run(RecoveryVisitor visitor, Consumer<Segment> segments) throws IOException {
        damages.addAll(directory.damages());
        forceLast();
        NeededSegments needed = NeededSegments.of(directory, entry -> {
            SegmentLoader.Loaded found = load(entry.number());
            loaded.put(entry.number(), found);
            return found.hints();
        });
        Set<Integer> dropped = needed.dropped();
        deleteLeftovers(dropped);
        loadAll(needed.numbers(), number -> show(number, visitor, segments));
        notes.endRecovery();
        return new RecoveryReport(
                directory.segments().size() - intersection(dropped), rebuilt, records, cutBytes, damages);
    }

    /**
     * What is shown must still be there after a loss of power, and so must what says that a segment may be deleted: the run before may have
     * ended between a write and its force. Segments before the last were forced before it began.
     * <p>
     * After a force that <em>failed</em> this is no proof: the system may hold pages as clean that never reached the device. No way to know
     * that is left to a later process.
     */
    private void forceLast() throws IOException {
        String name = null;
        for (SegmentDirectory.Entry entry : directory.segments().values()) {
            name = entry.fileName();
        }
        if (name == null) {
            return;
        }
        try (SegmentFiles.File file = files.open(name)) {
            file.force();
            files.forceDirectory();
        } catch (IOException e) {
            throw new IOException(
                    "last segment can't be forced, so nothing says that it is on disk: file=" + name + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private int intersection(Set<Integer> dropped) {
        return (int) dropped.stream().filter(directory.segments()::containsKey).count();
    }

    private void deleteLeftovers(Set<Integer> dropped) throws IOException {
        for (String name : directory.leftovers()) {
            files.delete(name);
        }
        for (int number : dropped) {
            SegmentDirectory.Entry entry = directory.segments().get(number);
            if (entry != null) {
                files.delete(entry.fileName());
            }
            String hints = directory.hints().get(number);
            if (hints != null) {
                files.delete(hints);
            }
        }
    }

    private SegmentLoader.Loaded load(int number) {
        SegmentDirectory.Entry entry = directory.segments().get(number);
        String hints = directory.hints().get(number);
        if (entry == null) {
            return loader.missing(number, hints);
        }
        SegmentLoader.Loaded found =
                loader.load(entry, number == directory.segments().lastKey(), hints);
        RecoveryReport.Damage missingEnd =
                SegmentLoader.missingEnd(entry, found, directory.segments().get(number + 1));
        if (missingEnd != null) {
            found.damages().add(missingEnd);
            // So that it is not forgotten once there is a hint file.
            found.hints().addGap((int) entry.length(), 0);
        }
        return found;
    }

    /** Something to do with each segment, in order. */
    private interface Step {
        void run(int number) throws IOException;
    }

    private void loadAll(SortedSet<Integer> numbers, Step step) throws IOException {
        int threads = Math.max(1, Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors()));
        ExecutorService executor = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "stoneware-segment-recovery");
            thread.setDaemon(true);
            return thread;
        });
        try {
            ArrayDeque<Integer> ahead = new ArrayDeque<>();
            ArrayDeque<Future<SegmentLoader.Loaded>> results = new ArrayDeque<>();
            for (int number : numbers) {
                ahead.add(number);
                SegmentLoader.Loaded known = loaded.get(number);
                results.add(executor.submit(() -> known != null ? known : load(number)));
                // Bounded: the hints of a segment take some megabytes.
                if (ahead.size() > threads * 2) {
                    take(ahead, results, step);
                }
            }
            while (!ahead.isEmpty()) {
                take(ahead, results, step);
            }
        } finally {
            executor.shutdownNow();
        }
    }

    private void take(ArrayDeque<Integer> ahead, ArrayDeque<Future<SegmentLoader.Loaded>> results, Step step)
            throws IOException {
        int number = ahead.remove();
        boolean isInterrupted = false;
        while (true) {
            try {
                loaded.put(number, results.peek().get());
                results.remove();
                break;
            } catch (InterruptedException e) {
                isInterrupted = true;
            } catch (ExecutionException e) {
                throw new IOException("segment can't be read: segment=" + number + ": " + e.getCause(), e);
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
        step.run(number);
        loaded.remove(number);
    }

    private void show(int number, RecoveryVisitor visitor, Consumer<Segment> segments) throws IOException {
        SegmentLoader.Loaded found = loaded.get(number);
        if (found == null) {
            throw new IllegalStateException("segment was not loaded: segment=" + number);
        }
        damages.addAll(found.damages());
        SegmentDirectory.Entry entry = directory.segments().get(number);
        Segment segment = null;
        if (entry != null) {
            segment = segmentOf(entry, found);
            segments.accept(segment);
        } else if (!found.isRebuilt()) {
            segment = missing(number, found);
            segments.accept(segment);
        }
        HintList hints = found.hints();
        for (int i = 0; i < hints.count(); i++) {
            if (!hints.isGap(i)) {
                show(number, segment, hints, i, visitor);
            }
        }
        if (segment != null) {
            // What was not read, or not rightly, may be there at the next start.
            segment.filter = found.isReadable() && !hasGap(hints) ? KeyFilter.of(hints) : null;
        }
    }

    private static boolean hasGap(HintList hints) {
        for (int i = 0; i < hints.count(); i++) {
            if (hints.isGap(i)) {
                return true;
            }
        }
        return false;
    }

    private static Segment missing(int number, SegmentLoader.Loaded found) {
        Segment segment = new Segment(number, Segment.fileName(number), 0, 0, null);
        segment.isSealed = true;
        segment.isMissing = true;
        segment.hintsLength = found.hints().fileLength();
        return segment;
    }

    private void show(int number, @Nullable Segment segment, HintList hints, int i, RecoveryVisitor visitor) {
        RecordKind kind = hints.kind(i);
        long location = Location.of(number, hints.offset(i));
        int length = hints.length(i);
        boolean isWhole = hints.state(i) == HintList.WHOLE;
        hints.hint(i, hint);
        if (segment != null) {
            segment.count(kind, location, Frame.length(length), hint);
            if (!isWhole && kind == RecordKind.RECORD) {
                segment.liveBytes -= Frame.length(length);
            }
        }
        switch (kind) {
            case RECORD -> {
                if (isWhole) {
                    visitor.onRecord(location, length, hint);
                } else {
                    visitor.onDamaged(hint);
                }
                records++;
            }
            // All there is to know of these is in the head, which is whole.
            case REMOVAL -> {
                visitor.onRemoval(hint);
                records++;
            }
            case TOUCH -> {
                visitor.onTouch(location, hint);
                records++;
            }
            case CLEAR -> visitor.onClear();
            case NOTE, CHECKPOINT_BEGIN, CHECKPOINT_END -> {
                if (isWhole || kind != RecordKind.NOTE) {
                    notes.recovered(kind, location, length, hint);
                } else {
                    notes.recoveredDamaged(hint);
                }
            }
            case DROP -> {}
        }
    }

    private Segment segmentOf(SegmentDirectory.Entry entry, SegmentLoader.Loaded found) throws IOException {
        int number = entry.number();
        int headerLength = entry.header() == null
                ? SegmentHeader.length(0)
                : entry.header().length();
        Segment segment = new Segment(number, entry.fileName(), headerLength, 0, null);
        segment.isSealed = true;
        segment.isDamaged = found.damages().stream().anyMatch(damage -> !damage.isUnforced());
        segment.length = (int) Math.min(Integer.MAX_VALUE, entry.length());
        if (found.cutFrom() >= 0 && found.cutFrom() < entry.length()) {
            segment.length = (int) found.cutFrom();
            cut(entry, found);
        }
        if (found.isRebuilt()) {
            rebuilt++;
            segment.isUnreadable = !found.isReadable();
            if (found.isReadable()) {
                writeHints(segment, found.hints());
            }
        } else {
            segment.hintsLength = found.hints().fileLength();
        }
        return segment;
    }

    private void cut(SegmentDirectory.Entry entry, SegmentLoader.Loaded found) throws IOException {
        try (SegmentFiles.File file = files.open(entry.fileName())) {
            file.truncate(found.cutFrom());
            file.force();
        }
        if (found.isTorn()) {
            cutBytes += found.tornBytes();
            notices.accept("end of the last segment was not whole and is cut: segment=" + entry.number() + " bytes="
                    + found.tornBytes() + " wholeRecordsBehind=" + found.cutRecords());
        }
    }

    private void writeHints(Segment segment, HintList hints) {
        try {
            NewFile.write(
                    files,
                    Segment.hintsName(segment.number),
                    hints.encode(directory.logId(), segment.number, segment.length),
                    true);
            segment.hintsLength = hints.fileLength();
        } catch (IOException e) {
            notices.accept("hint file was not written, opening will take longer: segment=" + segment.number + ": "
                    + e.getMessage());
        }
    }
}

package org.stoneware.storage.segments;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
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
        Set<Integer> dropped = dropped();
        deleteLeftovers(dropped);
        TreeSet<Integer> numbers = new TreeSet<>(directory.segments().keySet());
        numbers.removeAll(dropped);
        numbers.addAll(missing(dropped));
        loadAll(numbers, number -> show(number, visitor, segments));
        notes.endRecovery();
        return new RecoveryReport(
                directory.segments().size() - intersection(dropped), rebuilt, records, cutBytes, damages);
    }

    private int intersection(Set<Integer> dropped) {
        return (int) dropped.stream().filter(directory.segments()::containsKey).count();
    }

    /** Segments that the log itself says are no longer needed, though their files may still be there. */
    private Set<Integer> dropped() {
        Set<Integer> dropped = new HashSet<>();
        SegmentDirectory.Entry newest = directory.newestWithHeader();
        if (newest == null || newest.header() == null) {
            return dropped;
        }
        Set<Integer> needed = new HashSet<>();
        for (int number : newest.header().older()) {
            needed.add(number);
        }
        Set<Integer> known = new HashSet<>(directory.segments().keySet());
        known.addAll(directory.hints().keySet());
        for (int number : known) {
            if (number < newest.number() && !needed.contains(number)) {
                dropped.add(number);
            }
        }
        for (SegmentDirectory.Entry entry :
                directory.segments().tailMap(newest.number()).values()) {
            SegmentLoader.Loaded found = load(entry.number());
            loaded.put(entry.number(), found);
            HintList hints = found.hints();
            for (int i = 0; i < hints.count(); i++) {
                if (!hints.isGap(i) && hints.kind(i) == RecordKind.DROP) {
                    dropped.add((int) hints.hint(i, hint).version());
                }
            }
        }
        return dropped;
    }

    private Set<Integer> missing(Set<Integer> dropped) {
        Set<Integer> missing = new HashSet<>();
        SegmentDirectory.Entry newest = directory.newestWithHeader();
        if (newest != null && newest.header() != null) {
            for (int number : newest.header().older()) {
                missing.add(number);
            }
        }
        for (int number : directory.hints().keySet()) {
            if (newest == null || number > newest.number()) {
                missing.add(number);
            }
        }
        missing.removeAll(directory.segments().keySet());
        missing.removeAll(dropped);
        return missing;
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

    private void loadAll(TreeSet<Integer> numbers, Step step) throws IOException {
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
        }
        HintList hints = found.hints();
        for (int i = 0; i < hints.count(); i++) {
            if (!hints.isGap(i)) {
                show(number, segment, hints, i, visitor);
            }
        }
        if (segment != null) {
            segment.filter = KeyFilter.of(hints);
        }
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
            cut(entry, found.cutFrom(), found.isTorn());
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

    private void cut(SegmentDirectory.Entry entry, long from, boolean isTorn) throws IOException {
        try (SegmentFiles.File file = files.open(entry.fileName())) {
            file.truncate(from);
            file.force();
        }
        if (isTorn) {
            cutBytes += entry.length() - from;
            notices.accept("end of the last segment was not whole and is cut: segment=" + entry.number() + " bytes="
                    + (entry.length() - from));
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

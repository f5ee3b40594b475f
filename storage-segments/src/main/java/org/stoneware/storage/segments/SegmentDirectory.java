package org.stoneware.storage.segments;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the files of a directory are: which segment each one is, by what its header says, and what does not belong.
 * <p>
 * <b>Threading:</b> one thread.
 */
final class SegmentDirectory {
    /** One segment file. */
    record Entry(int number, String fileName, @Nullable SegmentHeader header, long length) {}

    private final SegmentFiles files;
    private long logId;
    private boolean hasLog;
    private final SortedMap<Integer, Entry> segments = new TreeMap<>();
    private final SortedMap<Integer, String> hints = new TreeMap<>();
    private final List<RecoveryReport.Damage> damages = new ArrayList<>();
    private final List<String> leftovers = new ArrayList<>();
    private int greatestNumber;

    private SegmentDirectory(SegmentFiles files) {
        this.files = files;
    }

    /** Changes nothing. @throws SegmentLogException when nothing can be made of it. */
    static SegmentDirectory read(SegmentFiles files) throws SegmentLogException {
        SegmentDirectory directory = new SegmentDirectory(files);
        try {
            directory.scan();
        } catch (SegmentHeader.LaterFormatException e) {
            throw new SegmentLogException(
                    "stored data can't be read: directory=" + files.name() + ": " + e.getMessage()
                            + "; start the version that wrote it",
                    e);
        } catch (IOException e) {
            throw new SegmentLogException(
                    "stored data can't be read: directory=" + files.name() + ": " + e.getMessage()
                            + "; check the disk and the permissions",
                    e);
        }
        return directory;
    }

    private void scan() throws IOException, SegmentLogException {
        Long named = null;
        List<Entry> found = new ArrayList<>();
        for (String name : files.list()) {
            int segment = Segment.numberOf(name, Segment.SUFFIX);
            int hint = Segment.numberOf(name, Segment.HINTS_SUFFIX);
            greatestNumber = Math.max(greatestNumber, Math.max(segment, hint));
            if (segment > 0) {
                found.add(describe(segment, name));
            } else if (hint > 0) {
                hints.put(hint, name);
            } else if (name.endsWith(NewFile.SUFFIX)) {
                leftovers.add(name);
            } else if (name.equals(LogFile.NAME)) {
                hasLog = true;
                named = LogFile.read(files);
            }
        }
        logId = named == null ? idOfAll(found) : named;
        if (named == null && !found.isEmpty()) {
            damages.add(new RecoveryReport.Damage(
                    0, 0, 0, true, false, "file LOG is missing or damaged; all segments name the same log"));
        }
        boolean hasHeader = found.stream().anyMatch(entry -> entry.header != null);
        if (hasHeader && found.stream().noneMatch(entry -> entry.header != null && entry.header.logId() == logId)) {
            throw new SegmentLogException("file LOG names another log than all segments: directory=" + files.name()
                    + "; put the file back that belongs to them");
        }
        place(found);
    }

    private Entry describe(int number, String name) throws IOException {
        try (SegmentFiles.File file = files.openToRead(name)) {
            return new Entry(number, name, SegmentHeader.read(file), file.length());
        }
    }

    private long idOfAll(List<Entry> found) throws SegmentLogException {
        Long id = null;
        for (Entry entry : found) {
            if (entry.header != null) {
                if (id != null && id != entry.header.logId()) {
                    throw new SegmentLogException(
                            "file LOG is missing or damaged, and segments of several logs are there: "
                                    + "directory=" + files.name()
                                    + "; take away those that do not belong (bin/store-inspect names"
                                    + " the log of each)");
                }
                id = entry.header.logId();
            }
        }
        if (id == null && (hasLog || !found.isEmpty())) {
            if (found.isEmpty()) {
                return 0; // nothing is lost: a new log begins
            }
            throw new SegmentLogException("file LOG is missing or damaged, and no segment names its log: directory="
                    + files.name() + "; put the file back, or move the directory away to begin with none");
        }
        return id == null ? 0 : id;
    }

    /** A file is the segment its header proves it to be; the name decides only when there is no header, or twice the same. */
    private void place(List<Entry> found) {
        List<Entry> headless = new ArrayList<>();
        for (Entry entry : found) {
            SegmentHeader header = entry.header;
            if (header == null) {
                headless.add(entry);
            } else if (header.logId() != logId) {
                foreign(entry, "file " + entry.fileName + " belongs to another log");
            } else {
                greatestNumber = Math.max(greatestNumber, header.number());
                Entry known = new Entry(header.number(), entry.fileName, header, entry.length);
                Entry other = segments.get(header.number());
                boolean isNamedRightly = entry.number == header.number();
                if (other != null && !isNamedRightly) {
                    foreign(entry, "file " + entry.fileName + " is a copy of segment " + header.number());
                } else {
                    if (other != null) {
                        foreign(other, "file " + other.fileName + " is a copy of segment " + header.number());
                    }
                    segments.put(header.number(), known);
                }
            }
        }
        for (Entry entry : headless) {
            if (segments.containsKey(entry.number)) {
                foreign(
                        entry,
                        "file " + entry.fileName + " has no whole header, and another file is segment " + entry.number);
            } else {
                segments.put(entry.number, entry);
            }
        }
        for (Entry entry : segments.values()) {
            if (!entry.fileName.equals(Segment.fileName(entry.number))) {
                damages.add(new RecoveryReport.Damage(
                        entry.number,
                        0,
                        0,
                        true,
                        false,
                        "file " + entry.fileName + " is segment " + entry.number
                                + " under a wrong name; it is read as what it is"));
            }
        }
    }

    private void foreign(Entry entry, String reason) {
        damages.add(new RecoveryReport.Damage(
                entry.number, 0, entry.length, true, false, reason + "; it is not read and not touched"));
    }

    boolean hasLog() {
        return hasLog;
    }

    /** True when nothing was ever written, or nothing is left. */
    boolean isEmpty() {
        return segments.isEmpty() && hints.isEmpty();
    }

    long logId() {
        return logId;
    }

    SortedMap<Integer, Entry> segments() {
        return segments;
    }

    /** Hint files by segment. */
    Map<Integer, String> hints() {
        return hints;
    }

    List<RecoveryReport.Damage> damages() {
        return damages;
    }

    /** Files that never got their name. */
    List<String> leftovers() {
        return leftovers;
    }

    /** Greatest number of a segment ever seen here. */
    int greatestNumber() {
        return greatestNumber;
    }

    /** Newest segment with a whole header, or null. */
    @Nullable
    Entry newestWithHeader() {
        Entry newest = null;
        for (Entry entry : segments.values()) {
            if (entry.header != null) {
                newest = entry;
            }
        }
        return newest;
    }
}

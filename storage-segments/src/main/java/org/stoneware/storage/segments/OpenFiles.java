package org.stoneware.storage.segments;

import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Segment files open for reading, the least recently used closed first.
 * <p>
 * <b>Threading:</b> any thread.
 */
final class OpenFiles {
    static final int MAX_IDLE = 128;

    private final SegmentFiles files;
    private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

    OpenFiles(SegmentFiles files) {
        this.files = files;
    }

    /** Opens a file, or takes the one that is open; {@link #giveBack} must follow. */
    SegmentFiles.File take(String name) throws IOException {
        synchronized (this) {
            Entry entry = entries.get(name);
            if (entry != null) {
                entry.users++;
                return entry.file;
            }
        }
        SegmentFiles.File opened = files.openToRead(name);
        Entry other;
        synchronized (this) {
            other = entries.get(name);
            if (other == null) {
                entries.put(name, new Entry(opened));
                return opened;
            }
            other.users++;
        }
        opened.close();
        return other.file;
    }

    void giveBack(String name) throws IOException {
        giveBack(name, false);
    }

    /**
     * As {@link #giveBack} after a read that failed: what is open may be of no use any more, for instance when the device was gone for a
     * while, so the next one who needs the file opens it anew.
     */
    void giveBackFailed(String name) throws IOException {
        giveBack(name, true);
    }

    private void giveBack(String name, boolean isFailed) throws IOException {
        SegmentFiles.@Nullable File closed = null;
        synchronized (this) {
            Entry entry = entries.get(name);
            if (entry == null) {
                return;
            }
            entry.users--;
            entry.isFailed |= isFailed;
            if (entry.isFailed && entry.users == 0) {
                entries.remove(name);
                closed = entry.file;
            } else if (entries.size() > MAX_IDLE) {
                closed = removeIdle();
            }
        }
        if (closed != null) {
            closed.close();
        }
    }

    /** Closes a file nobody uses. */
    void forget(String name) throws IOException {
        Entry entry;
        synchronized (this) {
            entry = entries.remove(name);
        }
        if (entry != null) {
            entry.file.close();
        }
    }

    void closeAll() throws IOException {
        for (String name : names()) {
            forget(name);
        }
    }

    private synchronized String[] names() {
        return entries.keySet().toArray(new String[0]);
    }

    private SegmentFiles.@Nullable File removeIdle() {
        Iterator<Entry> iterator = entries.values().iterator();
        while (iterator.hasNext()) {
            Entry entry = iterator.next();
            if (entry.users == 0) {
                iterator.remove();
                return entry.file;
            }
        }
        return null;
    }

    private static final class Entry {
        final SegmentFiles.File file;
        int users = 1;
        boolean isFailed;

        Entry(SegmentFiles.File file) {
            this.file = file;
        }
    }
}

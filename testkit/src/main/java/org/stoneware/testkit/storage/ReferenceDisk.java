package org.stoneware.testkit.storage;

import java.util.ArrayList;
import java.util.List;
import org.stoneware.api.session.SessionKey;

/**
 * What a {@link ReferenceDurableStore} leaves behind: every change in order, and how many of them are safe. Lies in memory, so a
 * simulation can end a process, cut what was not safe, and open the next store over the rest.
 * <p>
 * <b>Threading:</b> one thread.
 */
public final class ReferenceDisk {
    private final List<Entry> entries;
    private int forced;
    private int lastBegun;
    private int forgotten;
    private long notesBytes;
    private boolean isFull;
    private boolean isBroken;

    public ReferenceDisk() {
        this(List.of());
    }

    private ReferenceDisk(List<Entry> entries) {
        this.entries = new ArrayList<>(entries);
        force();
    }

    /** What the next process finds: all that is safe, and up to this many of the changes that were not. */
    public ReferenceDisk afterCrash(int unsafeKept) {
        return new ReferenceDisk(entries.subList(0, forced + Math.min(unsafeKept, entries.size() - forced)));
    }

    /** Changes written. */
    public int length() {
        return entries.size();
    }

    /** Changes that outlive the process, whatever happens to it. */
    public int forced() {
        return forced;
    }

    /** While true there is no room for longer records. */
    public void isFull(boolean isFull) {
        this.isFull = isFull;
    }

    boolean isFull() {
        return isFull;
    }

    /** The next force fails, which is final for the store that meets it. */
    public void fail() {
        isBroken = true;
    }

    boolean isBroken() {
        return isBroken;
    }

    void append(Entry entry) {
        entries.add(entry);
    }

    /** Makes all safe, and gives the room of notes back that a complete checkpoint stands for. */
    void force() {
        int begun = -1;
        for (int i = forced; i < entries.size(); i++) {
            if (entries.get(i) instanceof Entry.CheckpointBegun) {
                lastBegun = i;
            } else if (entries.get(i) instanceof Entry.CheckpointEnded) {
                begun = lastBegun;
            } else if (entries.get(i) instanceof Entry.Note note) {
                notesBytes += note.bytes().length;
            }
        }
        forced = entries.size();
        for (; forgotten < begun; forgotten++) {
            if (entries.get(forgotten) instanceof Entry.Note note) {
                notesBytes -= note.bytes().length;
                entries.set(forgotten, new Entry.ForgottenNote());
            }
        }
    }

    /** Bytes of the notes that are safe and count. */
    long notesBytes() {
        return notesBytes;
    }

    List<Entry> entries() {
        return entries;
    }

    /** One change, as it is replayed. */
    sealed interface Entry {
        /** A whole record after a put or a merge. */
        record Put(byte[] bytes) implements Entry {}

        record Touch(SessionKey key, long lastAccessedTimeMs) implements Entry {}

        record Remove(SessionKey key) implements Entry {}

        record Clear() implements Entry {}

        record Note(byte[] bytes) implements Entry {}

        record ForgottenNote() implements Entry {}

        record CheckpointBegun() implements Entry {}

        record CheckpointEnded() implements Entry {}
    }
}

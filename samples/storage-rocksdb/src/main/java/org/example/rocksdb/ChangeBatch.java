package org.example.rocksdb;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;

/**
 * Changes that reach the disk together. Of several changes to one session the last counts: the batch is written whole or not at all, so
 * nobody can see the ones between.
 * <p>
 * <b>Threading:</b> the agent's until it is handed over, the writer's from then on.
 */
final class ChangeBatch {
    private final Map<SessionKey, Change> changes = new HashMap<>();
    private final List<Note> notes = new ArrayList<>();
    private boolean isClear;
    private long firstNoteKept;
    private long position;
    private long bytes;

    /**
     * What becomes of one session.
     *
     * @param record its record, or null where that stays as it is.
     * @param facts  what is known of it, or null when it is removed.
     */
    record Change(byte @Nullable [] record, @Nullable SessionFacts facts) {}

    record Note(long number, byte[] bytes) {}

    void put(SessionKey key, byte[] record, SessionFacts facts) {
        changes.put(key, new Change(record, facts));
        bytes += record.length + key.encodedLength() * 2L + SessionFacts.ENCODED_LENGTH;
    }

    /** @param record the record with its new last access, in case it is part of this batch. */
    void touch(SessionKey key, byte @Nullable [] record, SessionFacts facts) {
        Change before = changes.get(key);
        changes.put(key, new Change(before != null && before.record() != null ? record : null, facts));
        bytes += before == null ? key.encodedLength() + SessionFacts.ENCODED_LENGTH : 0;
    }

    void remove(SessionKey key) {
        changes.put(key, new Change(null, null));
        bytes += key.encodedLength() * 2L;
    }

    void clear() {
        changes.clear();
        isClear = true;
    }

    void note(long number, byte[] note) {
        notes.add(new Note(number, note));
        bytes += note.length;
    }

    void forgetNotesBefore(long number) {
        firstNoteKept = number;
    }

    /** Ends the batch: everything up to this position is in it or was written before. */
    ChangeBatch endAt(long position) {
        this.position = position;
        return this;
    }

    Map<SessionKey, Change> changes() {
        return changes;
    }

    List<Note> notes() {
        return notes;
    }

    /** Whether all sessions go before the changes count. */
    boolean isClear() {
        return isClear;
    }

    /** Notes with lower numbers are not kept any more. */
    long firstNoteKept() {
        return firstNoteKept;
    }

    long position() {
        return position;
    }

    /** Bytes it adds to the files, roughly. */
    long bytes() {
        return bytes;
    }
}

package org.stoneware.tomcat;

import java.io.IOException;
import java.io.InvalidClassException;
import java.io.NotSerializableException;
import java.io.UncheckedIOException;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.SessionDelta;

/**
 * The attributes of one session as Catalina sees them: a map that decodes a value when it is first asked for, and knows which
 * attributes changed since the last delta.
 * <p>
 * <b>Threading:</b> callable from any thread, but for {@link #collect} and {@link #replaceAll}, which the session calls one at a
 * time.
 */
final class SessionAttributes extends AbstractMap<String, Object> implements ConcurrentMap<String, Object> {
    private final AttributeKind kind;
    private final AttributeCodec codec;
    private final AttributeReports reports;
    private final Owner owner;
    private final ConcurrentHashMap<String, AttributeSlot> slots = new ConcurrentHashMap<>();
    /** What the array may not hold yet, each with a mark that tells one change of an attribute from the next. */
    private final ConcurrentHashMap<String, AttributeChange> changed = new ConcurrentHashMap<>();
    /** A mutable value was put or taken away: by way of it the application may have changed others it leads to. */
    private volatile boolean mayHaveReachedOthers;
    /** Held while a value is activated; one for all, because a value that is may ask for others. */
    private final Object activation = new Object();

    /** The session the attributes belong to. */
    interface Owner {
        /** False for attributes that must not leave this Tomcat. */
        boolean isShared(String name, Object value);

        /** An attribute was put or removed. */
        void changed(AttributeChange change);

        /** A value made by another Tomcat is about to be handed out here for the first time. */
        void activate(Object value);
    }

    SessionAttributes(AttributeKind kind, AttributeCodec codec, AttributeReports reports, Owner owner) {
        this.kind = kind;
        this.codec = codec;
        this.reports = reports;
        this.owner = owner;
    }

    @Override
    public @Nullable Object get(@Nullable Object key) {
        if (!(key instanceof String name)) {
            return null;
        }
        AttributeSlot slot = slots.get(name);
        if (slot == null) {
            return null;
        }
        Object value = slot.value(codec, reports, name);
        if (slot.awaitsActivation() && value != null) {
            activate(slot, value);
        }
        return value;
    }

    // Whoever asks meanwhile waits, but for the value itself and what it asks for, which are on this thread.
    private void activate(AttributeSlot slot, Object value) {
        synchronized (activation) {
            if (slot.beginActivation()) {
                owner.activate(value);
                slot.activated();
            }
        }
    }

    @Override
    public @Nullable Object put(String name, Object value) {
        Object old = get(name);
        noteReach(old);
        noteReach(value);
        change(name, AttributeSlot.ofValue(value));
        return old;
    }

    @Override
    public @Nullable Object remove(@Nullable Object key) {
        if (!(key instanceof String name) || !slots.containsKey(name)) {
            return null;
        }
        Object old = get(name);
        noteReach(old);
        change(name, null);
        return old;
    }

    private void noteReach(@Nullable Object value) {
        if (value != null && !AttributeCodec.isImmutable(value)) {
            mayHaveReachedOthers = true;
        }
    }

    // First the slot, then its name: a delta collected between the two misses the change, and finds it the next time. A
    // record taken in must not come between.
    private void change(String name, @Nullable AttributeSlot slot) {
        AttributeChange change = new AttributeChange();
        synchronized (changed) {
            if (slot == null) {
                slots.remove(name);
            } else {
                slots.put(name, slot);
            }
            changed.put(name, change);
        }
        owner.changed(change);
    }

    @Override
    public boolean containsKey(Object key) {
        return get(key) != null;
    }

    @Override
    public int size() {
        return slots.size();
    }

    @Override
    public boolean isEmpty() {
        return slots.isEmpty();
    }

    /** The names, without those known to be undecodable. A copy. */
    @Override
    public Set<String> keySet() {
        Set<String> names = new HashSet<>();
        slots.forEach((name, slot) -> {
            if (!slot.isQuarantined()) {
                names.add(name);
            }
        });
        return names;
    }

    /** Everything that can be decoded. A copy. */
    @Override
    public Set<Entry<String, Object>> entrySet() {
        Map<String, Object> copy = new HashMap<>();
        for (String name : slots.keySet()) {
            Object value = get(name);
            if (value != null) {
                copy.put(name, value);
            }
        }
        return copy.entrySet();
    }

    @Override
    public synchronized @Nullable Object putIfAbsent(String name, Object value) {
        Object old = get(name);
        return old == null ? put(name, value) : old;
    }

    @Override
    public synchronized boolean remove(Object key, Object value) {
        return Objects.equals(get(key), value) && remove(key) != null;
    }

    @Override
    public synchronized boolean replace(String name, Object oldValue, Object newValue) {
        if (!Objects.equals(get(name), oldValue)) {
            return false;
        }
        put(name, newValue);
        return true;
    }

    @Override
    public synchronized @Nullable Object replace(String name, Object value) {
        return get(name) == null ? null : put(name, value);
    }

    /** What the attributes take in the array, about. */
    long approximateBytes() {
        long bytes = 0;
        for (Map.Entry<String, AttributeSlot> each : slots.entrySet()) {
            bytes += each.getKey().length() + each.getValue().encodedLength();
        }
        return bytes;
    }

    /** Names of those the array does not hold because they can't leave this Tomcat. */
    List<String> localNames() {
        return slots.entrySet().stream()
                .filter(each -> each.getValue().isLocal())
                .map(Map.Entry::getKey)
                .toList();
    }

    boolean hasChanges() {
        return !changed.isEmpty();
    }

    /**
     * Adds to a delta what the array does not hold yet. Changes nothing here: that is for {@link Collected#held} to do.
     * <p>
     * Runs code of the application, which may wait for what another thread of it holds: to be called without a lock that such a thread
     * could want.
     *
     * @param scratch     holds one serialized value at a time.
     * @param lookInside  also compares every value the application has had in hands with what the array holds and, when one of those
     *                    has changed, every other one that was decoded: both may lead to the same object.
     * @throws UncheckedIOException when a value can't be written now; the delta is of no use then.
     */
    Collected collect(SessionDelta.Builder delta, ExpandableArrayBuffer scratch, boolean lookInside) {
        // Before the slots are read: a change made from here on has another mark, and is collected the next time.
        Map<String, AttributeChange> marks = new HashMap<>(changed);
        Collected collected = new Collected(marks);
        marks.forEach((name, mark) -> {
            AttributeSlot slot = slots.get(name);
            if (slot == null) {
                delta.remove(kind, name);
                collected.add(name, mark, null, false, 0, 0);
            } else {
                addChanged(delta, name, mark, slot, scratch, collected);
            }
        });
        if (lookInside) {
            boolean isAnyChanged = addMutated(delta, scratch, collected, true);
            if (isAnyChanged || mayHaveReachedOthers) {
                addMutated(delta, scratch, collected, false);
            }
        }
        return collected;
    }

    /** Adds the values changed in place, but for those the delta has already; true when there were any. */
    private boolean addMutated(
            SessionDelta.Builder delta, ExpandableArrayBuffer scratch, Collected collected, boolean isExposed) {
        boolean isAnyChanged = false;
        for (Map.Entry<String, AttributeSlot> each : slots.entrySet()) {
            AttributeSlot slot = each.getValue();
            if (slot.isExposed() == isExposed && slot.mayHaveChanged() && !collected.names.contains(each.getKey())) {
                isAnyChanged |= addWhenMutated(delta, each.getKey(), slot, scratch, collected);
            }
        }
        return isAnyChanged;
    }

    private void addChanged(
            SessionDelta.Builder delta,
            String name,
            AttributeChange mark,
            AttributeSlot slot,
            ExpandableArrayBuffer scratch,
            Collected collected) {
        Object value = slot.decodedValue();
        if (value != null && !owner.isShared(name, value)) {
            delta.remove(kind, name);
            collected.add(name, mark, slot, true, 0, 0);
            return;
        }
        try {
            int length = slot.encode(codec, scratch);
            delta.put(kind, name, scratch, 0, length);
            collected.add(name, mark, slot, false, AttributeCodec.digest(scratch, 0, length), length);
        } catch (NotSerializableException | InvalidClassException e) {
            // An older value must not come back on another Tomcat as if it were current.
            delta.remove(kind, name);
            collected.add(name, mark, slot, true, 0, 0);
            reports.keptLocal(name, value == null ? "?" : value, e);
        } catch (IOException e) {
            throw notNow(name, e);
        }
    }

    private boolean addWhenMutated(
            SessionDelta.Builder delta,
            String name,
            AttributeSlot slot,
            ExpandableArrayBuffer scratch,
            Collected collected) {
        Object value = Objects.requireNonNullElse(slot.decodedValue(), "?");
        boolean wasLocal = slot.isLocal();
        if (wasLocal && !owner.isShared(name, value)) {
            return false;
        }
        try {
            int length = slot.encode(codec, scratch);
            long digest = AttributeCodec.digest(scratch, 0, length);
            if (slot.digest() == digest) {
                return false;
            }
            delta.put(kind, name, scratch, 0, length);
            collected.add(name, null, slot, false, digest, length);
        } catch (NotSerializableException | InvalidClassException e) {
            if (wasLocal) {
                return false;
            }
            delta.remove(kind, name);
            collected.add(name, null, slot, true, 0, 0);
            reports.keptLocal(name, value, e);
        } catch (IOException e) {
            if (wasLocal) {
                return false;
            }
            throw notNow(name, e);
        }
        return true;
    }

    /** What fails now and may work the next time must not take the attribute away from everybody: the whole delta fails. */
    private UncheckedIOException notNow(String name, IOException e) {
        changed.putIfAbsent(name, new AttributeChange());
        return new UncheckedIOException("session attribute " + name + ": " + e.getMessage(), e);
    }

    /** What a delta says of these attributes; theirs to remember once the array holds it, and to forget otherwise. */
    final class Collected {
        private final Map<String, AttributeChange> marks;
        private final List<Entry> entries = new ArrayList<>();
        private final Set<String> names = new HashSet<>();

        /**
         * One attribute.
         *
         * @param mark    of its change; null when it was found by a look inside.
         * @param slot    null when it was removed.
         * @param isLocal the array is told that there is none.
         */
        private record Entry(
                String name,
                @Nullable AttributeChange mark,
                @Nullable AttributeSlot slot,
                boolean isLocal,
                long digest,
                int length) {}

        private Collected(Map<String, AttributeChange> marks) {
            this.marks = marks;
        }

        /** True when nothing was put or removed since. */
        boolean isAll() {
            return changed.equals(marks);
        }

        private void add(
                String name,
                @Nullable AttributeChange mark,
                @Nullable AttributeSlot slot,
                boolean isLocal,
                long digest,
                int length) {
            names.add(name);
            entries.add(new Entry(name, mark, slot, isLocal, digest, length));
        }

        /** The array holds the delta. */
        void held() {
            for (Entry entry : entries) {
                AttributeSlot slot = entry.slot;
                if (slot != null && entry.isLocal) {
                    slot.keepLocal();
                } else if (slot != null) {
                    slot.held(entry.digest, entry.length);
                }
                if (entry.mark != null) {
                    changed.remove(entry.name, entry.mark);
                }
            }
        }
    }

    /** Nobody uses the session now: what it handed out changes no more, but by way of what it hands out next. */
    void noneExposed() {
        mayHaveReachedOthers = false;
        slots.values().forEach(AttributeSlot::notExposed);
    }

    /**
     * Forgets what the array may not hold: the next record taken in replaces every value but those of this Tomcat alone.
     *
     * @param kept the change that is not forgotten; null for none.
     */
    void dropChanges(@Nullable AttributeChange kept) {
        synchronized (changed) {
            changed.forEach((name, change) -> {
                if (change != kept) {
                    change.drop();
                    changed.remove(name, change);
                }
            });
            slots.values().forEach(AttributeSlot::distrust);
        }
    }

    /**
     * Makes changes the array does not hold yet changes of another copy of the session, which answers for them.
     */
    void passOn(SessionAttributes other, Predicate<AttributeChange> which) {
        changed.forEach((name, change) -> {
            if (which.test(change)) {
                AttributeSlot slot = slots.get(name);
                Object value = slot == null ? null : slot.decodedValue();
                other.change(name, value == null ? null : AttributeSlot.ofValue(value));
                changed.remove(name, change);
            }
        });
    }

    /** Prepares to take in a whole session: forgets everything but what only this Tomcat has, and what the array is yet to hear of. */
    Loading replaceAll() {
        return new Loading();
    }

    /** Takes in the attributes of a record, one by one. */
    final class Loading {
        private final Set<String> seen = new HashSet<>();

        void put(String name, DirectBuffer buffer, int offset, int length) {
            byte[] bytes = new byte[length];
            buffer.getBytes(offset, bytes);
            seen.add(name);
            synchronized (changed) {
                AttributeSlot slot = slots.get(name);
                if (!changed.containsKey(name) && (slot == null || !slot.shows(bytes))) {
                    slots.put(name, AttributeSlot.ofBytes(bytes));
                }
            }
        }

        void finish() {
            synchronized (changed) {
                slots.entrySet()
                        .removeIf(e -> !seen.contains(e.getKey())
                                && !changed.containsKey(e.getKey())
                                && !e.getValue().isLocal());
            }
        }
    }
}

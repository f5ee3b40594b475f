package org.stoneware.tomcat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.client.ClientSettings;
import org.stoneware.client.ClientView;
import org.stoneware.client.Committed;
import org.stoneware.client.ExpiryListener;
import org.stoneware.client.Opened;
import org.stoneware.client.SessionClient;

/** An array in one object: owner semantics, versions, merged deltas, for as many Tomcats as call {@link #source}. */
final class InMemoryArray {
    /** How long an open waits for another owner. */
    private static final long OWNER_WAIT_MS = 10_000;

    private static final class Entry {
        byte[] record = new byte[0];
        Client owner;
        int uses;
        /** Another Tomcat waits for it: whoever asks now queues behind that. */
        boolean isRecalled;
    }

    private final Map<SessionKey, Entry> entries = new HashMap<>();
    private long index;
    /** Log time runs far from any wall clock, so that nobody mistakes one for the other. */
    private long logTimeMs = 1_000_000;

    /** While true no server answers. */
    volatile boolean isDown;
    /** What commits answer instead of doing their work; null for the real thing. */
    volatile Committed.Status commitsAnswer;
    /** Runs on the thread of each commit before the array sees it. */
    volatile Runnable beforeCommit = () -> {};
    /** Runs on the thread of each open before the array sees it. */
    volatile Runnable beforeOpen = () -> {};
    /** Runs on the thread of each rename when the array has done it. */
    volatile Consumer<SessionKey> afterRename = to -> {};
    /** Outcome of opens instead of the real one. */
    volatile Opened.Status opensAnswer;

    final List<String> calls = new CopyOnWriteArrayList<>();
    final List<Client> clients = new ArrayList<>();

    synchronized ClientSource source() {
        Client client = new Client();
        clients.add(client);
        return new ClientSource() {
            @Override
            public SessionClient acquire(ClientSettings settings, @Nullable Path arrayKey) {
                return client;
            }

            @Override
            public void release(SessionClient released) {
                client.close();
            }
        };
    }

    /** The session as the array holds it now; null when it holds none. */
    synchronized SessionRecord record(String application, String id) {
        Entry entry = entries.get(SessionKey.of(application, id));
        return entry == null || entry.record.length == 0
                ? null
                : new SessionRecord().wrap(new UnsafeBuffer(entry.record.clone()), 0);
    }

    /** The decoded value the array holds for an attribute; null when there is none. */
    Object attribute(String application, String id, String wanted) {
        SessionRecord record = record(application, id);
        if (record == null) {
            return null;
        }
        Object[] found = new Object[1];
        AttributeCodec codec = new AttributeCodec(java.io.ObjectInputStream::new);
        record.forEach((kind, name, removed, buffer, offset, length) -> {
            if (name.equals(wanted)) {
                byte[] bytes = new byte[length];
                buffer.getBytes(offset, bytes);
                try {
                    found[0] = codec.decode(bytes);
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            }
        });
        return found[0];
    }

    /** Uses the array counts for a session; 0 when nobody owns it. */
    synchronized int uses(String application, String id) {
        Entry entry = entries.get(SessionKey.of(application, id));
        return entry == null ? 0 : entry.uses;
    }

    /** Waits until a Tomcat uses a session so often. */
    synchronized void awaitUses(String application, String id, int uses) throws InterruptedException {
        long deadlineMs = System.currentTimeMillis() + OWNER_WAIT_MS;
        while (uses(application, id) != uses) {
            if (System.currentTimeMillis() > deadlineMs) {
                throw new AssertionError("uses: " + uses(application, id));
            }
            wait(100);
        }
    }

    /** Waits until no Tomcat uses any session: the last byte reaches a browser a moment before the use ends. */
    synchronized void awaitNoUses() throws InterruptedException {
        long deadlineMs = System.currentTimeMillis() + OWNER_WAIT_MS;
        while (entries.values().stream().anyMatch(e -> e.uses > 0)) {
            if (System.currentTimeMillis() > deadlineMs) {
                throw new AssertionError("a use was never ended");
            }
            wait(100);
        }
        awaitGivenUpUses();
        if (entries.values().stream().anyMatch(e -> e.uses < 0)) {
            throw new AssertionError("a use was ended twice");
        }
    }

    /** Waits until every use has ended whose last commit gave its session up. */
    synchronized void awaitGivenUpUses() throws InterruptedException {
        long deadlineMs = System.currentTimeMillis() + OWNER_WAIT_MS;
        while (clients.stream().anyMatch(client -> !client.closedUses.isEmpty())) {
            if (System.currentTimeMillis() > deadlineMs) {
                throw new AssertionError("a use that gave its session up was never ended");
            }
            wait(100);
        }
    }

    /** Lets the next request for a session queue behind another Tomcat's. */
    synchronized void recall(String application, String id) {
        entries.get(SessionKey.of(application, id)).isRecalled = true;
    }

    synchronized int size() {
        return (int) entries.values().stream().filter(e -> e.record.length > 0).count();
    }

    /** Changes a session behind the back of its owner, as after a lost lease. */
    synchronized void change(String application, String id, SessionDelta delta) {
        apply(SessionKey.of(application, id), entries.get(SessionKey.of(application, id)), delta, 0);
    }

    /** Lets a session expire and tells one Tomcat. @return whether that one has told its application. */
    boolean expire(String application, String id, Client told) {
        SessionRecord record = record(application, id);
        synchronized (this) {
            entries.remove(SessionKey.of(application, id));
            logTimeMs += 1_000_000;
        }
        return told.listeners.get(application).onExpired(record, logTimeMs);
    }

    synchronized void advance(long ms) {
        logTimeMs += ms;
    }

    /** What the time of the array is now. */
    synchronized long logTimeMs() {
        return logTimeMs;
    }

    private static void touch(Entry entry, long accessMs) {
        UnsafeBuffer buffer = new UnsafeBuffer(entry.record);
        long beforeMs = new SessionRecord().wrap(buffer, 0).lastAccessedTimeMs();
        SessionRecord.lastAccessedTimeMs(buffer, 0, Math.max(beforeMs, accessMs));
    }

    /** Notes an access from another Tomcat that changed nothing. */
    synchronized void touch(String application, String id) {
        SessionKey key = SessionKey.of(application, id);
        SessionDelta.Builder none = new SessionDelta.Builder(new ExpandableArrayBuffer());
        none.finish();
        SessionDelta delta = new SessionDelta().wrap(none.buffer(), 0);
        apply(key, entries.get(key), delta, 0, record(application, id).version());
    }

    private Committed apply(SessionKey key, Entry entry, SessionDelta delta, long accessAgeMs) {
        SessionRecord base =
                entry.record.length == 0 ? null : new SessionRecord().wrap(new UnsafeBuffer(entry.record), 0);
        return apply(key, entry, delta, accessAgeMs, base == null ? 1 : base.version() + 1);
    }

    private Committed apply(SessionKey key, Entry entry, SessionDelta delta, long accessAgeMs, long version) {
        SessionRecord base =
                entry.record.length == 0 ? null : new SessionRecord().wrap(new UnsafeBuffer(entry.record), 0);
        ExpandableArrayBuffer out = new ExpandableArrayBuffer();
        int length = SessionRecord.write(
                out,
                0,
                key,
                base,
                delta,
                new RecordStamp(version, 1, ++index, logTimeMs, logTimeMs - accessAgeMs),
                logTimeMs);
        byte[] bytes = new byte[length];
        out.getBytes(0, bytes);
        entry.record = bytes;
        return new Committed(Committed.Status.COMMITTED, version, "");
    }

    /** One Tomcat's view. */
    final class Client implements SessionClient {
        /** Ids this Tomcat believes to be fresh and the array knows. */
        private final Set<SessionKey> taken = new HashSet<>();
        /** What this Tomcat would own at a real array, which leaves it a session until somebody else asks. */
        final Set<SessionKey> owned = ConcurrentHashMap.newKeySet();

        /** Uses whose last commit gave the session up; they only have to end. */
        private final Map<SessionKey, Integer> closedUses = new HashMap<>();

        final Map<String, ExpiryListener> listeners = new HashMap<>();

        @Override
        public Opened open(SessionKey key, long knownVersion) {
            return open(key, knownVersion, OWNER_WAIT_MS);
        }

        @Override
        public Opened open(SessionKey key, long knownVersion, long maxOwnerWaitMs) {
            calls.add("open " + key.id());
            beforeOpen.run();
            synchronized (InMemoryArray.this) {
                if (isDown || opensAnswer != null) {
                    Opened.Status status = isDown ? Opened.Status.UNAVAILABLE : opensAnswer;
                    return new Opened(status, 0, null, 0, "as the test wants");
                }
                Entry entry = entries.get(key);
                long deadlineMs = System.currentTimeMillis() + maxOwnerWaitMs;
                while (entry != null && entry.owner != null && (entry.owner != this || entry.isRecalled)) {
                    entry.isRecalled = true;
                    if (System.currentTimeMillis() >= deadlineMs) {
                        return new Opened(Opened.Status.BUSY, 0, null, 0, "owned elsewhere");
                    }
                    try {
                        InMemoryArray.this.wait(Math.min(100, Math.max(1, maxOwnerWaitMs)));
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    entry = entries.get(key);
                }
                if (entry == null || entry.record.length == 0) {
                    return new Opened(Opened.Status.ABSENT, 0, null, 0, "");
                }
                entry.owner = this;
                entry.uses++;
                clients.forEach(client -> client.owned.remove(key));
                owned.add(key);
                SessionRecord record = new SessionRecord().wrap(new UnsafeBuffer(entry.record.clone()), 0);
                return record.version() == knownVersion
                        ? new Opened(
                                Opened.Status.CURRENT, knownVersion, null, logTimeMs, record.lastAccessedTimeMs(), "")
                        : new Opened(Opened.Status.LOADED, record.version(), record, logTimeMs, "");
            }
        }

        @Override
        public boolean share(SessionKey key) {
            calls.add("share " + key.id());
            synchronized (InMemoryArray.this) {
                Entry entry = entries.get(key);
                if (entry == null || entry.owner != this || entry.uses == 0) {
                    return false;
                }
                entry.uses++;
                return true;
            }
        }

        @Override
        public boolean create(SessionKey key) {
            calls.add("create " + key.id());
            synchronized (InMemoryArray.this) {
                Entry former = entries.get(key);
                if (former != null && former.owner == this) {
                    return false;
                }
                if (former != null) {
                    taken.add(key);
                    return true;
                }
                Entry entry = new Entry();
                entry.owner = this;
                entry.uses = 1;
                entries.put(key, entry);
                owned.add(key);
                return true;
            }
        }

        @Override
        public Committed commit(
                SessionKey key, long copyVersion, DirectBuffer buffer, int offset, int length, boolean isLast) {
            calls.add("commit " + key.id() + (isLast ? " last" : ""));
            beforeCommit.run();
            synchronized (InMemoryArray.this) {
                if (isDown || commitsAnswer != null) {
                    Committed.Status status = isDown ? Committed.Status.UNAVAILABLE : commitsAnswer;
                    return new Committed(status, 0, "as the test wants");
                }
                if (taken.contains(key)) {
                    return new Committed(Committed.Status.EXISTS, 0, "");
                }
                String problem = SessionDelta.problem(buffer, offset, length);
                if (problem != null) {
                    throw new AssertionError(problem);
                }
                Entry entry = entries.get(key);
                if (entry == null) {
                    return new Committed(Committed.Status.ABSENT, 0, "");
                }
                boolean isNewest = entry.record.length == 0
                        || new SessionRecord()
                                        .wrap(new UnsafeBuffer(entry.record), 0)
                                        .version()
                                == copyVersion;
                if (entry.owner != this || !isNewest) {
                    return new Committed(Committed.Status.FENCED, 0, "");
                }
                Committed committed = apply(key, entry, new SessionDelta().wrap(buffer, offset), 0);
                if (isLast && entry.uses == 1 && entry.isRecalled) {
                    closedUses.merge(key, 1, Integer::sum);
                    entry.uses = 0;
                    passOn(entry);
                    return new Committed(committed.status(), committed.version(), "", true);
                }
                return committed;
            }
        }

        private void passOn(Entry entry) {
            entry.owner = null;
            entry.isRecalled = false;
            InMemoryArray.this.notifyAll();
        }

        @Override
        public void rest(SessionKey key, long accessAgeMs) {
            calls.add("rest " + key.id());
            endUse(key, accessAgeMs);
        }

        @Override
        public void end(SessionKey key, long accessAgeMs) {
            calls.add("end " + key.id());
            endUse(key, accessAgeMs);
        }

        @Override
        public void endGivenUp(SessionKey key) {
            calls.add("endGivenUp " + key.id());
            synchronized (InMemoryArray.this) {
                if (endClosed(key)) {
                    return;
                }
            }
            endUse(key, 0);
        }

        private boolean endClosed(SessionKey key) {
            boolean isAny = closedUses.containsKey(key);
            closedUses.computeIfPresent(key, (k, uses) -> uses == 1 ? null : uses - 1);
            InMemoryArray.this.notifyAll();
            return isAny;
        }

        private void endUse(SessionKey key, long accessAgeMs) {
            synchronized (InMemoryArray.this) {
                if (taken.remove(key)) {
                    return;
                }
                if (!isUsed(key) && endClosed(key)) {
                    return;
                }
                Entry entry = entries.get(key);
                if (entry != null && entry.owner != this) {
                    entry.uses = -1;
                    return;
                }
                if (entry != null && entry.record.length > 0) {
                    touch(entry, logTimeMs - accessAgeMs);
                }
                if (entry != null && --entry.uses == 0) {
                    if (entry.record.length == 0) {
                        entries.remove(key);
                    }
                    passOn(entry);
                }
            }
        }

        private boolean isUsed(SessionKey key) {
            Entry entry = entries.get(key);
            return entry != null && entry.owner == this && entry.uses > 0;
        }

        @Override
        public boolean giveBack(SessionKey key) {
            synchronized (InMemoryArray.this) {
                if (isUsed(key) || closedUses.containsKey(key)) {
                    return false;
                }
                owned.remove(key);
                return true;
            }
        }

        @Override
        public Committed remove(SessionKey key) {
            calls.add("remove " + key.id());
            synchronized (InMemoryArray.this) {
                owned.remove(key);
                if (isDown) {
                    return new Committed(Committed.Status.UNAVAILABLE, 0, "as the test wants");
                }
                Entry entry = entries.get(key);
                if (entry != null && entry.owner != this) {
                    return new Committed(Committed.Status.FENCED, 0, "");
                }
                boolean wasThere = entries.remove(key) != null;
                if (wasThere && entry.uses > 0) {
                    closedUses.merge(key, entry.uses, Integer::sum);
                }
                InMemoryArray.this.notifyAll();
                return new Committed(wasThere ? Committed.Status.COMMITTED : Committed.Status.ABSENT, 0, "");
            }
        }

        @Override
        public Committed rename(SessionKey from, SessionKey to) {
            Committed renamed = renameNow(from, to);
            afterRename.accept(to);
            return renamed;
        }

        private Committed renameNow(SessionKey from, SessionKey to) {
            calls.add("rename " + from.id());
            synchronized (InMemoryArray.this) {
                if (isDown) {
                    return new Committed(Committed.Status.UNAVAILABLE, 0, "as the test wants");
                }
                Entry entry = entries.remove(from);
                if (entry == null) {
                    return new Committed(Committed.Status.ABSENT, 0, "");
                }
                SessionRecord old = new SessionRecord().wrap(new UnsafeBuffer(entry.record), 0);
                SessionDelta.Builder none = new SessionDelta.Builder(new ExpandableArrayBuffer());
                none.finish();
                entries.put(to, entry);
                owned.remove(from);
                owned.add(to);
                assert old.version() > 0;
                return apply(to, entry, new SessionDelta().wrap(none.buffer(), 0), 0);
            }
        }

        @Override
        public void addApplication(String application, ExpiryListener listener) {
            listeners.put(application, listener);
        }

        @Override
        public void removeApplication(String application) {
            listeners.remove(application);
        }

        @Override
        public ClientView view() {
            return new ClientView(!isDown, "test", "", 1, 0, "");
        }

        @Override
        public void close() {
            calls.add("close");
        }
    }
}

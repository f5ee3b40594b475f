package org.stoneware.server.storage;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;
import org.stoneware.testkit.storage.ReferenceSessionStore;

/** A store that is exchanged while random changes go on, beside one that gets the same changes and is not. */
final class ExchangeRig implements StoreSwitch.Output {
    final FaultyStore first = new FaultyStore("first");
    final KeptPlace keptPlace = new KeptPlace();
    final ExchangeableStore store = new ExchangeableStore(new OpenedStore(first, "first", keptPlace));
    /** What the server serves; another one once a copy has replaced the sessions. */
    private ExchangeableStore served = store;

    final List<String> events = new ArrayList<>();
    final List<String> unfit = new ArrayList<>();
    /** Stores that failed on probation and have the sessions still. */
    final List<String> stayed = new ArrayList<>();
    /** Stores on probation that have none standing by any more. */
    final List<String> alone = new ArrayList<>();

    final Random random;
    final StoreSwitch exchange;
    long nowNs = 1_000_000_000;

    private final SessionStore expected =
            new ReferenceSessionStore(new StoreContext(Path.of(""), 64 << 20, 64 * 1024, line -> {}));
    private final List<SessionKey> keys = new ArrayList<>();
    private long index;
    private long clockNs;

    /** Makes what gets the changes; a planted bug makes a wrong one. */
    interface Twins {
        StoreTwin of(OpenedStore next);
    }

    ExchangeRig(long seed, int sessions) {
        this(seed, sessions, next -> new StoreTwin(next, false));
    }

    ExchangeRig(long seed, int sessions, Twins twins) {
        random = new Random(seed);
        // Each look at the clock takes a while, so that a duty cycle does a few batches only.
        exchange = new StoreSwitchUnder(twins);
        for (int i = 0; i < sessions; i++) {
            create();
        }
    }

    private final class StoreSwitchUnder extends StoreSwitch {
        private final Twins twins;

        StoreSwitchUnder(Twins twins) {
            super(() -> served, () -> clockNs += 200_000, ExchangeRig.this);
            this.twins = twins;
        }

        @Override
        StoreTwin twin(OpenedStore next) {
            return twins.of(next);
        }
    }

    /** A call into a store takes that long. */
    void stall() {
        clockNs += 300_000_000;
    }

    /** The store in use loses a session. */
    void lose() {
        first.lose(keys.get(random.nextInt(keys.size())));
    }

    /** The sessions are replaced as a whole. */
    void replaceByCopy() {
        served = new ExchangeableStore(new FaultyStore("copy").opened());
    }

    /** Some changes, and a duty cycle. */
    void cycle(int changes) {
        for (int i = 0; i < changes; i++) {
            change();
        }
        nowNs += 1_000_000;
        store.doWork(nowNs);
        exchange.doWork(nowNs);
    }

    void untilNotBusy(int changesPerCycle) {
        for (int i = 0; i < 100_000 && exchange.isBusy(); i++) {
            cycle(changesPerCycle);
        }
        if (exchange.isBusy()) {
            throw new AssertionError("the exchange does not end: " + exchange.progress());
        }
    }

    void pass(long ns) {
        nowNs += ns;
        cycle(0);
    }

    void change() {
        int kind = random.nextInt(10);
        if (keys.isEmpty() || kind < 2) {
            create();
            return;
        }
        SessionKey key = keys.get(random.nextInt(keys.size()));
        switch (kind) {
            case 2 -> {
                same(expected.remove(key), store.remove(key));
                keys.remove(key);
                if (random.nextInt(3) == 0) {
                    write(key, true);
                    keys.add(key);
                }
            }
            case 3, 4, 5 -> {
                long at = ++index * 10;
                same(expected.touch(key, at), store.touch(key, at));
            }
            case 6 -> rename(key);
            default -> write(key, false);
        }
    }

    /** Changes every session. */
    void writeAll() {
        keys.forEach(each -> write(each, false));
    }

    /** Changes one session. */
    void writeOne() {
        write(keys.get(0), false);
    }

    private void create() {
        SessionKey key = SessionKey.of(random.nextBoolean() ? "shop" : "desk", "S" + random.nextInt(1_000_000));
        if (!keys.contains(key)) {
            write(key, true);
            keys.add(key);
        }
    }

    private void write(SessionKey key, boolean create) {
        long at = ++index;
        SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer());
        byte[] value = new byte[random.nextInt(200)];
        random.nextBytes(value);
        builder.maxInactiveIntervalSec(1_800)
                .put(AttributeKind.values()[0], "a" + random.nextInt(4), new UnsafeBuffer(value), 0, value.length);
        builder.finish();
        SessionDelta delta = new SessionDelta().wrap(builder.buffer(), 0);
        RecordStamp stamp = new RecordStamp(at, 1, at, at * 10, at * 10);
        same(expected.merge(key, delta, stamp, create, 0), store.merge(key, delta, stamp, create, 0));
    }

    private void rename(SessionKey from) {
        SessionKey to = SessionKey.of(from.application(), "R" + ++index);
        SessionRecord view = new SessionRecord();
        if (!store.read(from, view)) {
            throw new AssertionError("lost: " + from);
        }
        SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer(64));
        builder.finish();
        ExpandableArrayBuffer bytes = new ExpandableArrayBuffer();
        RecordStamp stamp = new RecordStamp(index, 1, index, index * 10, view.lastAccessedTimeMs());
        SessionRecord.write(bytes, 0, to, view, new SessionDelta().wrap(builder.buffer(), 0), stamp, index * 10);
        SessionRecord record = new SessionRecord().wrap(bytes, 0);
        same(expected.put(record), store.put(record));
        same(expected.remove(from), store.remove(from));
        keys.remove(from);
        keys.add(to);
    }

    private static void same(StoreResult wanted, StoreResult got) {
        if (wanted != got) {
            throw new AssertionError("result " + got + " instead of " + wanted);
        }
    }

    /** What all sessions are; equal to {@link #expectedContents} unless something was lost. */
    String contents() {
        return contents(store);
    }

    String expectedContents() {
        return contents(expected);
    }

    static String contents(SessionStore from) {
        TreeMap<String, String> all = new TreeMap<>();
        StoreSnapshot walk = from.openSnapshot();
        while (walk.next(
                        100,
                        record -> all.put(
                                record.key().toString() + record.key().application(),
                                record.version() + " " + record.contentHash() + " " + record.lastAccessedTimeMs()))
                != StoreSnapshot.END) {
            // All records of the walk.
        }
        walk.close();
        return all.toString();
    }

    @Override
    public void info(String kind, String text) {
        events.add(kind);
    }

    @Override
    public void warning(String kind, String text) {
        events.add(kind + ": " + text);
    }

    @Override
    public void onExchanged(OpenedStore inUse) {
        events.add("in use: " + inUse.provider());
    }

    @Override
    public void onFellBack(OpenedStore inUse, OpenedStore broken, String reason) {
        events.add("in use: " + inUse.provider());
        unfit.add(reason);
    }

    @Override
    public void onStayed(OpenedStore inUse, String reason) {
        stayed.add(inUse.provider());
    }

    @Override
    public void onAlone(OpenedStore inUse, String reason) {
        alone.add(inUse.provider());
    }

    @Override
    public void onUnfit(OpenedStore broken, String reason) {
        unfit.add(reason);
    }

    @Override
    public void onInterrupted(String reason) {
        events.add("interrupted");
    }
}

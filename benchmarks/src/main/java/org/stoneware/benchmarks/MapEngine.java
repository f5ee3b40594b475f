package org.stoneware.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.SessionRecord;

/** The peer: what one writes in an afternoon, a concurrent map from id to bytes on the heap. */
final class MapEngine implements SessionEngine {
    private final SessionSet set;
    private final ConcurrentHashMap<String, byte[]> map = new ConcurrentHashMap<>();
    private final UnsafeBuffer held = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer out = new UnsafeBuffer(new byte[64 * 1024]);
    private final SessionRecord base = new SessionRecord();
    private long named;

    MapEngine(SessionSet set) {
        this.set = set;
    }

    @Override
    public String name() {
        return "map";
    }

    @Override
    public void load(int number) {
        put(number);
    }

    @Override
    public void read(int number) {
        byte[] bytes = bytes(number);
        System.arraycopy(bytes, 0, set.copyTarget(), 0, bytes.length);
    }

    @Override
    public void put(int number) {
        SessionRecord record = set.record(number);
        byte[] bytes = new byte[record.length()];
        record.buffer().getBytes(record.offset(), bytes);
        map.put(set.id(number), bytes);
    }

    @Override
    public void merge(int number) {
        held.wrap(bytes(number));
        base.wrap(held, 0);
        int length = SessionRecord.write(
                out, 0, set.key(number), base, set.smallDelta(), set.stamp(number), SessionSet.NOW_MS);
        byte[] merged = new byte[length];
        out.getBytes(0, merged);
        map.put(set.id(number), merged);
    }

    @Override
    public void touch(int number) {
        held.wrap(bytes(number));
        SessionRecord.lastAccessedTimeMs(held, 0, set.lastAccessedTimeMs(number));
    }

    @Override
    public void sweep() {
        List<String> expired = new ArrayList<>();
        map.forEach((id, bytes) -> {
            held.wrap(bytes);
            base.wrap(held, 0);
            if (base.lastAccessedTimeMs() + base.maxInactiveIntervalSec() * 1000L < SessionSet.NOW_MS) {
                expired.add(id);
            }
        });
        named += expired.size();
    }

    private byte[] bytes(int number) {
        byte[] bytes = map.get(set.id(number));
        if (bytes == null) {
            throw new IllegalStateException("session lost: number=" + number);
        }
        return bytes;
    }
}

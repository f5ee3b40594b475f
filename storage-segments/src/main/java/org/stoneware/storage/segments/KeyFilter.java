package org.stoneware.storage.segments;

/**
 * Bloom filter of the keys recorded in one segment, about 10 bits per record: says surely no, or probably yes.
 * <p>
 * <b>Threading:</b> immutable.
 */
final class KeyFilter {
    private static final int BITS_PER_KEY = 10;
    private static final int PROBES = 6;

    private final long[] words;

    private KeyFilter(long[] words) {
        this.words = words;
    }

    static KeyFilter of(HintList hints) {
        int records = 0;
        for (int i = 0; i < hints.count(); i++) {
            records += isRecord(hints, i) ? 1 : 0;
        }
        KeyFilter filter = new KeyFilter(new long[(int) (((long) records * BITS_PER_KEY + 63) / 64)]);
        for (int i = 0; i < hints.count(); i++) {
            if (isRecord(hints, i)) {
                filter.add(hints.keyHash64(i), hints.fingerprint(i));
            }
        }
        return filter;
    }

    private static boolean isRecord(HintList hints, int entry) {
        return !hints.isGap(entry) && hints.kind(entry) == RecordKind.RECORD;
    }

    private void add(long keyHash64, long fingerprint) {
        long step = fingerprint | 1;
        long probe = keyHash64 ^ fingerprint >>> 32;
        for (int i = 0; i < PROBES; i++) {
            int bit = bit(probe);
            words[bit >>> 6] |= 1L << bit;
            probe += step;
        }
    }

    boolean mayHold(RecordHint key) {
        if (words.length == 0) {
            return false;
        }
        long step = key.fingerprint() | 1;
        long probe = key.keyHash64() ^ key.fingerprint() >>> 32;
        for (int i = 0; i < PROBES; i++) {
            int bit = bit(probe);
            if ((words[bit >>> 6] & 1L << bit) == 0) {
                return false;
            }
            probe += step;
        }
        return true;
    }

    int bytes() {
        return words.length * Long.BYTES;
    }

    private int bit(long probe) {
        long mixed = probe * 0x9E3779B97F4A7C15L;
        return (int) Math.multiplyHigh(mixed >>> 1, (long) words.length * Long.SIZE * 2);
    }
}

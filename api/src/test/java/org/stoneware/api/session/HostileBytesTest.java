package org.stoneware.api.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random and damaged bytes: the checks never throw, and what passes them can be read and merged safely. */
final class HostileBytesTest {
    private static final int CASES = 30_000;

    private int passed;

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void shouldNeverThrowOnRandomBytes(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < CASES; i++) {
            byte[] bytes = new byte[random.nextInt(150)];
            random.nextBytes(bytes);
            if (bytes.length > 16) {
                new UnsafeBuffer(bytes).putInt(0, bytes.length);
                bytes[4] = 1;
                bytes[5] = 0;
            }
            check(bytes, 0, bytes.length, "seed=" + seed + " i=" + i);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {3, 4})
    void shouldNeverThrowOnDamagedRecordsAndDeltas(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < CASES; i++) {
            byte[] bytes = random.nextBoolean() ? delta(random) : record(random);
            int damages = random.nextInt(4);
            for (int k = 0; k < damages; k++) {
                int at = random.nextInt(bytes.length);
                switch (random.nextInt(3)) {
                    case 0 -> bytes[at] = (byte) random.nextInt();
                    case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                    default ->
                        new UnsafeBuffer(bytes)
                                .putInt(
                                        Math.min(at, bytes.length - 4),
                                        random.nextBoolean() ? random.nextInt() : -random.nextInt(9));
                }
            }
            int cut = random.nextInt(10) == 0 ? random.nextInt(bytes.length) : bytes.length;
            check(bytes, 0, cut, "seed=" + seed + " i=" + i);
        }
        assertThat(passed).as("the test reaches well formed bytes too").isGreaterThan(CASES / 10);
    }

    private void check(byte[] bytes, int offset, int length, String where) {
        // A buffer of exactly these bytes: any step outside fails its bounds check.
        UnsafeBuffer buffer = new UnsafeBuffer(java.util.Arrays.copyOf(bytes, length));
        if (SessionRecord.problem(buffer, offset, length) == null) {
            passed++;
            SessionRecord record = new SessionRecord().wrap(buffer, offset);
            assertThat(SessionKey.of(record.key().application(), record.key().id()))
                    .as(where)
                    .isEqualTo(record.key());
            int[] count = {0};
            record.forEach((kind, name, removed, value, valueOffset, valueLength) -> {
                count[0]++;
                assertThat(removed).as(where).isFalse();
                value.boundsCheck(valueOffset, valueLength);
            });
            assertThat(count[0]).as(where).isEqualTo(record.attributeCount());
        }
        if (SessionDelta.problem(buffer, offset, length) == null) {
            passed++;
            SessionDelta delta = new SessionDelta().wrap(buffer, offset);
            delta.forEach((kind, name, removed, value, valueOffset, valueLength) ->
                    value.boundsCheck(valueOffset, valueLength));
            SessionKey key = SessionKey.of("", "x");
            UnsafeBuffer out = new UnsafeBuffer(new byte[SessionRecord.maxLength(key, null, delta)]);
            int written = SessionRecord.write(out, 0, key, null, delta, new RecordStamp(1, 1, 1, 1, 1), 1);
            assertThat(SessionRecord.problem(out, 0, written)).as(where).isNull();
        }
    }

    private static byte[] delta(Random random) {
        SessionDelta.Builder builder = builder(random);
        byte[] bytes = new byte[builder.finish()];
        builder.buffer().getBytes(0, bytes);
        return bytes;
    }

    private static byte[] record(Random random) {
        SessionDelta.Builder builder = builder(random);
        builder.finish();
        SessionDelta delta = new SessionDelta().wrap(builder.buffer(), 0);
        SessionKey key = SessionKey.of("host/app", SessionKeyTest.text(random, 1 + random.nextInt(20)));
        UnsafeBuffer out = new UnsafeBuffer(new byte[SessionRecord.maxLength(key, null, delta)]);
        int length = SessionRecord.write(out, 0, key, null, delta, new RecordStamp(1, 1, 1, 1, 1), 1);
        return java.util.Arrays.copyOf(out.byteArray(), length);
    }

    private static SessionDelta.Builder builder(Random random) {
        SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer());
        int entries = random.nextInt(12);
        for (int i = 0; i < entries; i++) {
            AttributeKind kind = random.nextBoolean() ? AttributeKind.APPLICATION : AttributeKind.CONTAINER;
            String name = SessionKeyTest.text(random, random.nextInt(6));
            byte[] value = SessionKeyTest.text(random, random.nextInt(20)).getBytes(StandardCharsets.UTF_8);
            if (random.nextInt(4) == 0) {
                builder.remove(kind, name);
            } else {
                builder.put(kind, name, new UnsafeBuffer(value), 0, value.length);
            }
        }
        return builder;
    }
}

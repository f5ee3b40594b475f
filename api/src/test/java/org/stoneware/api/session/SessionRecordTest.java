package org.stoneware.api.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SessionRecordTest {
    private static final SessionKey KEY = SessionKey.of("h/s", "AB1");

    private final SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer());

    @Test
    void shouldWriteTheBytesOfTheFirstLayout() {
        put("cart", "XY");
        builder.maxInactiveIntervalSec(1800);

        SessionRecord record = written(null, new RecordStamp(7, 3, 99, 5000, 4000), 1000);

        byte[] bytes = new byte[record.length()];
        record.buffer().getBytes(0, bytes);
        assertThat(HexFormat.of().formatHex(bytes))
                .isEqualTo("58000000" + "01" + "00" + "0000" + "0700000000000000" + "0300000000000000"
                        + "6300000000000000" + "e803000000000000" + "a00f000000000000" + "08070000" + "01000000"
                        + "0300" + "0300" + "12000000" + "414231" + "682f73"
                        + "12000000" + "00" + "00" + "0400" + "02000000" + "63617274" + "5859");
        assertThat(SessionRecord.problem(record.buffer(), 0, record.length())).isNull();
    }

    @Test
    void shouldShowItsFields() {
        put("cart", "XY");
        SessionRecord record = written(null, new RecordStamp(7, 3, 99, 5000, 4000), 1000);

        assertThat(record.version()).isEqualTo(7);
        assertThat(record.lastEpoch()).isEqualTo(3);
        assertThat(record.lastIndex()).isEqualTo(99);
        assertThat(record.creationTimeMs()).isEqualTo(1000);
        assertThat(record.lastAccessedTimeMs()).isEqualTo(4000);
        assertThat(record.maxInactiveIntervalSec()).isZero();
        assertThat(record.key()).isEqualTo(KEY);
        assertThat(record.keyHash64()).isEqualTo(KEY.hash64());
        assertThat(record.keyFingerprint64()).isEqualTo(KEY.fingerprint64());
        assertThat(record.hasKey(KEY)).isTrue();
        assertThat(record.hasKey(SessionKey.of("h/t", "AB1"))).isFalse();
        assertThat(record.hasKey(SessionKey.of("/s", "AB1h"))).isFalse();
        assertThat(record.hasKeyOf(record)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 9, 300})
    void shouldMergeAsAMapWouldWhateverTheNumberOfEntries(int entries) {
        long seed = 42L + entries;
        Random random = new Random(seed);
        Map<String, String> expected = new LinkedHashMap<>();
        SessionRecord base = written(null, new RecordStamp(1, 1, 1, 0, 0), 0);
        for (int round = 2; round < 60; round++) {
            builder.reset();
            if (random.nextInt(10) == 0) {
                builder.clearAttributes();
                expected.clear();
            }
            for (int i = 0; i < entries; i++) {
                String name = "n" + random.nextInt(entries * 2);
                if (random.nextInt(3) == 0) {
                    builder.remove(AttributeKind.APPLICATION, name);
                    expected.remove(name);
                } else {
                    String value = "v" + random.nextInt();
                    put(name, value);
                    expected.remove(name);
                    expected.put(name, value);
                }
            }

            base = written(base, new RecordStamp(round, 1, round, 0, 0), 0);

            assertThat(SessionRecord.problem(base.buffer(), 0, base.length()))
                    .as("seed=" + seed)
                    .isNull();
            assertThat(base.attributeCount()).as("seed=" + seed).isEqualTo(expected.size());
            assertThat(entriesOf(base))
                    .as("seed=" + seed + " round=" + round)
                    .isEqualTo(new ArrayList<>(expected.entrySet()));
        }
    }

    @Test
    void shouldMergeTensOfThousandsOfAttributesInLinearTime() {
        // 40,000 by 40,000 comparisons would take minutes; the test is that it ends.
        for (int i = 0; i < 40_000; i++) {
            put("attribute-" + i, "x");
        }
        SessionRecord base = written(null, new RecordStamp(1, 1, 1, 0, 0), 0);
        SessionRecord same = written(base, new RecordStamp(2, 1, 2, 0, 0), 0);

        assertThat(same.attributeCount()).isEqualTo(40_000);
        assertThat(same.length()).isEqualTo(base.length());
    }

    @Test
    void shouldNotMoveLastAccessBackward() {
        SessionRecord base = written(null, new RecordStamp(1, 1, 1, 9000, 9000), 0);

        SessionRecord changed = written(base, new RecordStamp(2, 1, 2, 9500, 8000), 0);

        assertThat(changed.lastAccessedTimeMs()).isEqualTo(9000);
    }

    @Test
    void shouldKeepItsLengthWithinTheBoundGivenBefore() {
        put("a", "1");
        builder.finish();
        SessionDelta delta = new SessionDelta().wrap(builder.buffer(), 0);
        SessionRecord base = written(null, new RecordStamp(1, 1, 1, 0, 0), 0);

        assertThat(SessionRecord.maxLength(KEY, base, delta)).isGreaterThanOrEqualTo(base.length());
    }

    @Test
    void shouldSaySoWhenNoBufferCanHoldTheResult() {
        UnsafeBuffer huge = new UnsafeBuffer(new byte[SessionRecord.HEADER_LENGTH]);
        huge.putInt(60, Integer.MAX_VALUE - 10);
        builder.finish();

        int length = SessionRecord.maxLength(
                KEY, new SessionRecord().wrap(huge, 0), new SessionDelta().wrap(builder.buffer(), 0));

        assertThat(length).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void shouldNameWhatIsWrongWithBytesFromOutside() {
        assertProblem(bytes -> bytes.putByte(4, (byte) 2), "layout");
        assertProblem(bytes -> bytes.putByte(5, (byte) 1), "flags");
        assertProblem(bytes -> bytes.putInt(52, -1), "add up");
        assertProblem(bytes -> bytes.putShort(56, (short) 0), "add up");
        assertProblem(bytes -> bytes.putShort(56, (short) 257), "add up");
        assertProblem(bytes -> bytes.putShort(58, (short) -1), "add up");
        assertProblem(bytes -> bytes.putInt(60, -1), "add up");
        assertProblem(bytes -> bytes.putInt(60, Integer.MAX_VALUE), "add up");
        assertProblem(bytes -> bytes.putByte(64, (byte) 0xFF), "UTF-8");
        assertProblem(bytes -> bytes.putByte(70 + 5, (byte) 1), "operation");
        assertProblem(bytes -> bytes.putInt(0, 0), "length");
    }

    private void assertProblem(java.util.function.Consumer<UnsafeBuffer> damage, String said) {
        builder.reset();
        put("ab", "value");
        SessionRecord record = written(null, new RecordStamp(1, 1, 1, 0, 0), 0);
        int length = record.length();
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[length]);
        bytes.putBytes(0, record.buffer(), 0, length);
        damage.accept(bytes);

        assertThat(SessionRecord.problem(bytes, 0, length)).isNotNull().contains(said);
    }

    private void put(String name, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        builder.put(AttributeKind.APPLICATION, name, new UnsafeBuffer(bytes), 0, bytes.length);
    }

    private SessionRecord written(SessionRecord base, RecordStamp stamp, long creationTimeMs) {
        builder.finish();
        SessionDelta delta = new SessionDelta().wrap(builder.buffer(), 0);
        UnsafeBuffer out = new UnsafeBuffer(new byte[SessionRecord.maxLength(KEY, base, delta)]);
        int length = SessionRecord.write(out, 0, KEY, base, delta, stamp, creationTimeMs);
        assertThat(length).isLessThanOrEqualTo(out.capacity());
        return new SessionRecord().wrap(new UnsafeBuffer(out, 0, length), 0);
    }

    private static List<Map.Entry<String, String>> entriesOf(SessionRecord record) {
        List<Map.Entry<String, String>> entries = new ArrayList<>();
        record.forEach((kind, name, removed, buffer, offset, length) ->
                entries.add(Map.entry(name, buffer.getStringWithoutLengthUtf8(offset, length))));
        return entries;
    }
}

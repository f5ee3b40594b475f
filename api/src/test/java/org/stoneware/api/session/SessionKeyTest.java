package org.stoneware.api.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SessionKeyTest {
    @Test
    void shouldEncodeToTheBytesOfTheFirstLayout() {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[32]);

        int length = SessionKey.of("h/s", "AB1").encode(buffer, 0);

        assertThat(length).isEqualTo(10);
        assertThat(HexFormat.of().formatHex(buffer.byteArray(), 0, length)).isEqualTo("03000300" + "414231" + "682f73");
    }

    @Test
    void shouldNeverMoveSessionToAnotherSlotOrHash() {
        // Slots are part of what servers agree on: these values must not change with any version.
        SessionKey key = SessionKey.of("localhost/shop", "0123456789ABCDEF0123456789ABCDEF");

        assertThat(Long.toHexString(key.hash64())).isEqualTo("4fabe4dfd089572b");
        assertThat(key.slot()).isEqualTo((int) (key.hash64() & 4095));
    }

    @Test
    void shouldNeverChangeTheFingerprintOfAKey() {
        // Stores on disk know sessions by hash and fingerprint: this value must not change with any version.
        SessionKey key = SessionKey.of("localhost/shop", "0123456789ABCDEF0123456789ABCDEF");

        assertThat(Long.toHexString(key.fingerprint64())).isEqualTo("b9fd6bafbb6f68e");
    }

    @Test
    void shouldTellKeysApartWhereverIdEndsAndApplicationBegins() {
        assertThat(SessionKey.of("bc", "a")).isNotEqualTo(SessionKey.of("c", "ab"));
        assertThat(SessionKey.of("bc", "a").fingerprint64())
                .isNotEqualTo(SessionKey.of("c", "ab").fingerprint64());
        assertThat(SessionKey.of("localhost/shop", "same").fingerprint64())
                .isNotEqualTo(SessionKey.of("localhost/forum", "same").fingerprint64());
    }

    @Test
    void shouldChooseSlotByIdAlone() {
        SessionKey shop = SessionKey.of("localhost/shop", "same");
        SessionKey forum = SessionKey.of("localhost/forum", "same");

        assertThat(shop.slot()).isEqualTo(forum.slot());
        assertThat(shop).isNotEqualTo(forum);
    }

    @Test
    void shouldSpreadIdsOverAllSlots() {
        int[] counts = new int[SessionKey.SLOT_COUNT];
        for (int i = 0; i < SessionKey.SLOT_COUNT * 16; i++) {
            counts[SessionKey.of("", "session" + i).slot()]++;
        }

        assertThat(Arrays.stream(counts).min().orElseThrow()).isPositive();
        assertThat(Arrays.stream(counts).max().orElseThrow()).isLessThan(64);
    }

    @Test
    void shouldReadBackWhatItWrote() {
        Random random = new Random(5);
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[2048]);
        for (int i = 0; i < 500; i++) {
            SessionKey key = SessionKey.of(text(random, random.nextInt(100)), text(random, 1 + random.nextInt(60)));
            int length = key.encode(buffer, 3);

            SessionKey decoded = SessionKey.decode(buffer, 3, length);

            assertThat(decoded).isEqualTo(key).hasSameHashCodeAs(key);
            assertThat(decoded.id()).isEqualTo(key.id());
            assertThat(decoded.application()).isEqualTo(key.application());
            assertThat(decoded.hash64())
                    .isEqualTo(SessionKey.hash64(buffer, 3 + SessionKey.HEADER_LENGTH, key.idLength()));
            assertThat(key.encodedLength()).isEqualTo(length);
        }
    }

    @Test
    void shouldRefuseIdsAndApplicationsOutOfLimits() {
        assertThatIllegalArgumentException().isThrownBy(() -> SessionKey.of("", ""));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SessionKey.of("", "x".repeat(SessionKey.MAX_ID_LENGTH + 1)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SessionKey.of("x".repeat(SessionKey.MAX_APPLICATION_LENGTH + 1), "x"));
        assertThatIllegalArgumentException().isThrownBy(() -> SessionKey.of("", "\u20ac".repeat(86)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uD800", "a\uDC00", "\uD800\uD800", "\uDE00\uD83D"})
    void shouldRefuseHalfSurrogatePairsThatUtf8WouldConfuse(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> SessionKey.of("", text));
        assertThatIllegalArgumentException().isThrownBy(() -> SessionKey.of(text, "x"));
    }

    @Test
    void shouldRefuseBytesThatAreNoKeyWithoutOtherFailure() {
        long seed = 77;
        Random random = new Random(seed);
        byte[] bytes = new byte[64];
        UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        int accepted = 0;
        for (int i = 0; i < 20_000; i++) {
            random.nextBytes(bytes);
            bytes[0] = (byte) random.nextInt(30);
            bytes[1] = 0;
            bytes[2] = (byte) random.nextInt(30);
            bytes[3] = (byte) (random.nextInt(8) == 0 ? 1 : 0);
            if (random.nextBoolean()) {
                for (int k = 4; k < bytes.length; k++) {
                    bytes[k] &= 0x7F;
                }
            }
            int length = random.nextInt(80) - 5;
            try {
                SessionKey key = SessionKey.decode(buffer, 0, length);
                accepted++;
                assertThat(SessionKey.of(key.application(), key.id()))
                        .as("seed=" + seed)
                        .isEqualTo(key);
                assertThat(key.encodedLength()).isLessThanOrEqualTo(length);
            } catch (IllegalArgumentException refused) {
                assertThat(refused).hasMessageContaining("session key");
            }
        }
        assertThat(accepted).as("the test reaches good keys too").isGreaterThan(100);
    }

    @Test
    void shouldShowOnlyTheBeginningOfAnIdMadePrintable() {
        assertThat(SessionKey.of("h/s", "0123456789ABCDEF").shortId()).isEqualTo("01234567~");
        assertThat(SessionKey.of("h/s", "a\n\u001b[31m").shortId()).isEqualTo("a??[31m");
        assertThat(SessionKey.of("h/s", "0123456789ABCDEF").toString()).isEqualTo("h/s#01234567~");
    }

    static String text(Random random, int length) {
        StringBuilder text = new StringBuilder();
        while (text.length() < length) {
            switch (random.nextInt(6)) {
                case 0 -> text.append((char) (0x80 + random.nextInt(0x700)));
                case 1 -> text.append((char) (0x800 + random.nextInt(0x1000)));
                case 2 -> text.appendCodePoint(0x10000 + random.nextInt(0xFFFF));
                default -> text.append((char) random.nextInt(0x80));
            }
        }
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 8, 9, 15, 16, 17, 40, 46})
    void shouldTellKeysApartByAnyOneByte(int length) {
        String whole = "0123456789ABCDEF0123456789ABCDEF-0123456789abc".substring(0, length);
        SessionRecord record = record("", whole);

        assertThat(record.hasKey(SessionKey.of("", whole))).isTrue();
        assertThat(record.hasKeyOf(record("", whole))).isTrue();
        for (int i = 0; i < length; i++) {
            String other = whole.substring(0, i) + '?' + whole.substring(i + 1);
            assertThat(record.hasKey(SessionKey.of("", other))).as("byte %d", i).isFalse();
            assertThat(record.hasKeyOf(record("", other))).as("byte %d", i).isFalse();
        }
    }

    @Test
    void shouldTellKeysApartByAnyOneByteOfTheApplication() {
        String whole = "localhost/shop";
        SessionRecord record = record(whole, "AB1");

        assertThat(record.hasKey(SessionKey.of(whole, "AB1"))).isTrue();
        for (int i = 0; i < whole.length(); i++) {
            String other = whole.substring(0, i) + '?' + whole.substring(i + 1);
            assertThat(record.hasKey(SessionKey.of(other, "AB1")))
                    .as("byte %d", i)
                    .isFalse();
            assertThat(record.hasKeyOf(record(other, "AB1"))).as("byte %d", i).isFalse();
        }
    }

    @Test
    void shouldRefuseAByteThatIsNotTextWhereverItIs() {
        SessionKey key = SessionKey.of("localhost/shop-of-many-things", "0123456789ABCDEF0123456789ABCDEF");
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[key.encodedLength()]);
        for (int i = SessionKey.HEADER_LENGTH; i < key.encodedLength(); i++) {
            key.encode(buffer, 0);
            buffer.putByte(i, (byte) 0xFF);

            assertThatIllegalArgumentException()
                    .as("byte %d", i)
                    .isThrownBy(() -> SessionKey.decode(buffer, 0, buffer.capacity()))
                    .withMessageContaining("not UTF-8");
        }
    }

    private static SessionRecord record(String application, String id) {
        SessionKey key = SessionKey.of(application, id);
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[SessionRecord.maxLength(key, null, nothing())]);
        SessionRecord.write(buffer, 0, key, null, nothing(), new RecordStamp(1, 1, 1, 1, 1), 1);
        return new SessionRecord().wrap(buffer, 0);
    }

    private static SessionDelta nothing() {
        SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer());
        builder.maxInactiveIntervalSec(1800).finish();
        return new SessionDelta().wrap(builder.buffer(), 0);
    }
}

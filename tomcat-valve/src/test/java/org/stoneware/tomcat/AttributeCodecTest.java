package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.util.ArrayList;
import java.util.List;
import org.agrona.ExpandableArrayBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AttributeCodecTest {
    private final AttributeCodec codec = new AttributeCodec(ObjectInputStream::new);
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();

    private byte[] encode(Object value) throws IOException {
        byte[] bytes = new byte[codec.encode(value, buffer)];
        buffer.getBytes(0, bytes);
        return bytes;
    }

    static List<Object> values() {
        return List.of(
                "text",
                "Grüße 购物车",
                "lone surrogate \ud800",
                "",
                42,
                Long.MIN_VALUE,
                true,
                1.5,
                new ArrayList<>(List.of("a", "b")));
    }

    @ParameterizedTest
    @MethodSource("values")
    void shouldReadWhatItWrote(Object value) throws Exception {
        assertThat(codec.decode(encode(value))).isEqualTo(value);
    }

    @Test
    void shouldKeepShortFormsReadableForever() throws Exception {
        assertThat(encode("é")).containsExactly(1, 0xc3, 0xa9);
        assertThat(encode(258)).containsExactly(2, 2, 1, 0, 0);
        assertThat(encode(258L)).containsExactly(3, 2, 1, 0, 0, 0, 0, 0, 0);
        assertThat(encode(true)).containsExactly(4, 1);
        assertThat(encode(new ArrayList<>())).startsWith(0, 0xac, 0xed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\0", "\0garbage", "\2x", "\3x", "\4", "\7unknown"})
    void shouldRefuseDamagedBytes(String bytes) {
        assertThatThrownBy(() -> codec.decode(bytes.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1)))
                .isInstanceOf(IOException.class);
    }

    @Test
    void shouldSayWhenValueIsNotSerializable() {
        assertThatThrownBy(() -> codec.encode(new Object(), buffer)).isInstanceOf(IOException.class);
    }
}

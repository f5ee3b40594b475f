package org.stoneware.api.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

final class SessionDeltaTest {
    private final SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer());

    @Test
    void shouldWriteTheBytesOfTheFirstLayout() {
        put("cart", "AB");
        builder.remove(AttributeKind.CONTAINER, "p")
                .maxInactiveIntervalSec(1800)
                .clearAttributes();
        int length = builder.finish();

        byte[] bytes = new byte[length];
        builder.buffer().getBytes(0, bytes);

        assertThat(HexFormat.of().formatHex(bytes))
                .isEqualTo("2f000000" + "01" + "01" + "0000" + "08070000" + "02000000"
                        + "12000000" + "00" + "00" + "0400" + "02000000" + "63617274" + "4142"
                        + "0d000000" + "01" + "01" + "0100" + "00000000" + "70");
        assertThat(SessionDelta.problem(builder.buffer(), 0, length)).isNull();
    }

    @Test
    void shouldShowWhatWasWritten() {
        put("a", "1");
        builder.remove(AttributeKind.APPLICATION, "b");
        put("\u20ac", "");
        SessionDelta delta = finished();
        List<String> seen = new ArrayList<>();

        delta.forEach((kind, name, removed, buffer, offset, length) -> seen.add(
                kind + " " + name + (removed ? " removed" : "=" + buffer.getStringWithoutLengthUtf8(offset, length))));

        assertThat(seen).containsExactly("APPLICATION a=1", "APPLICATION b removed", "APPLICATION \u20ac=");
        assertThat(delta.maxInactiveIntervalSec()).isEqualTo(SessionDelta.UNCHANGED);
        assertThat(delta.clearsAttributes()).isFalse();
        assertThat(delta.entryCount()).isEqualTo(3);
    }

    @Test
    void shouldBeEmptyUntilSomethingIsChanged() {
        assertThat(builder.isEmpty()).isTrue();
        assertThat(builder.maxInactiveIntervalSec(0).isEmpty()).isFalse();
        assertThat(builder.reset().isEmpty()).isTrue();
        assertThat(builder.clearAttributes().isEmpty()).isFalse();
        assertThat(builder.reset().remove(AttributeKind.APPLICATION, "x").isEmpty())
                .isFalse();
        assertThat(builder.reset().isEmpty()).isTrue();
    }

    @Test
    void shouldStayAsItWasWhenNameIsRefused() {
        put("a", "1");

        assertThatIllegalArgumentException().isThrownBy(() -> put("x".repeat(65_536), "1"));
        assertThatIllegalArgumentException().isThrownBy(() -> put("\uD800", "1"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.put(AttributeKind.APPLICATION, "b", new UnsafeBuffer(new byte[1]), 0, -1));

        SessionDelta delta = finished();
        assertThat(delta.entryCount()).isEqualTo(1);
        assertThat(SessionDelta.problem(delta.buffer(), 0, delta.length())).isNull();
    }

    @Test
    void shouldNameWhatIsWrongWithBytesFromOutside() {
        assertProblem(bytes -> bytes.putByte(4, (byte) 2), "layout");
        assertProblem(bytes -> bytes.putByte(5, (byte) 2), "flags");
        assertProblem(bytes -> bytes.putByte(6, (byte) 1), "flags");
        assertProblem(bytes -> bytes.putInt(12, -1), "negative");
        assertProblem(bytes -> bytes.putInt(12, 2), "truncated");
        assertProblem(bytes -> bytes.putInt(12, 0), "left");
        assertProblem(bytes -> bytes.putInt(12, Integer.MAX_VALUE), "truncated");
        assertProblem(bytes -> bytes.putInt(16, 0), "length");
        assertProblem(bytes -> bytes.putInt(16, Integer.MAX_VALUE), "length");
        assertProblem(bytes -> bytes.putInt(24, -1), "length");
        assertProblem(bytes -> bytes.putByte(20, (byte) 2), "kind");
        assertProblem(bytes -> bytes.putByte(20, (byte) -1), "kind");
        assertProblem(bytes -> bytes.putByte(21, (byte) 2), "operation");
        assertProblem(bytes -> bytes.putByte(21, (byte) 1), "operation");
        assertProblem(bytes -> bytes.putByte(28, (byte) 0xC0), "UTF-8");
        assertProblem(bytes -> bytes.putInt(0, 5), "length");
    }

    @Test
    void shouldRefuseLengthBeyondTheBuffer() {
        put("a", "1");
        SessionDelta delta = finished();

        assertThat(SessionDelta.problem(delta.buffer(), 0, Integer.MAX_VALUE)).isNotNull();
        assertThat(SessionDelta.problem(delta.buffer(), -1, 16)).isNotNull();
        assertThat(SessionDelta.problem(delta.buffer(), 0, -1)).isNotNull();
        assertThat(SessionDelta.problem(delta.buffer(), 0, 0)).isNotNull();
    }

    private void assertProblem(java.util.function.Consumer<UnsafeBuffer> damage, String said) {
        builder.reset();
        put("ab", "value");
        int length = builder.finish();
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[length]);
        bytes.putBytes(0, builder.buffer(), 0, length);
        damage.accept(bytes);

        assertThat(SessionDelta.problem(bytes, 0, length)).isNotNull().contains(said);
    }

    private void put(String name, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        builder.put(AttributeKind.APPLICATION, name, new UnsafeBuffer(bytes), 0, bytes.length);
    }

    private SessionDelta finished() {
        builder.finish();
        return new SessionDelta().wrap(builder.buffer(), 0);
    }
}

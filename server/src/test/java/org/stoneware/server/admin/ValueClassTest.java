package org.stoneware.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class ValueClassTest {
    private record Cart(int items) implements Serializable {}

    @Test
    void shouldNameTheClassOfWhatJavaSerialized() {
        assertThat(of(serialized(new ArrayList<>()))).isEqualTo("java.util.ArrayList");
        assertThat(of(serialized(new Cart(1)))).isEqualTo("org.stoneware.server.admin.ValueClassTest$Cart");
        assertThat(of(serialized(new byte[3]))).isEqualTo("byte[]");
        assertThat(of(serialized(new String[2][2]))).isEqualTo("java.lang.String[][]");
        assertThat(of(serialized(TimeUnit.DAYS))).isEqualTo("java.util.concurrent.TimeUnit");
        assertThat(of(serialized("text"))).isEqualTo("java.lang.String");
        assertThat(of(serialized("x".repeat(70_000)))).isEqualTo("java.lang.String");
        assertThat(of(serialized(null))).isEqualTo("null");
        Object proxy = Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Runnable.class}, new SerializableHandler());
        assertThat(of(serialized(proxy))).isEqualTo("java.lang.reflect.Proxy");
    }

    private static final class SerializableHandler implements java.lang.reflect.InvocationHandler, Serializable {
        private static final long serialVersionUID = 1L;

        @Override
        public Object invoke(Object proxy, java.lang.reflect.Method method, Object[] arguments) {
            return null;
        }
    }

    @Test
    void shouldNameTheShortForms() {
        assertThat(of(new byte[] {1, 'x'})).isEqualTo("java.lang.String");
        assertThat(of(new byte[] {2, 0, 0, 0, 0})).isEqualTo("java.lang.Integer");
        assertThat(of(new byte[] {3})).isEqualTo("java.lang.Long");
        assertThat(of(new byte[] {4, 1})).isEqualTo("java.lang.Boolean");
    }

    @Test
    void shouldNameNothingThatIsNoName() {
        assertThat(of(new byte[0])).isEmpty();
        assertThat(of(named("a\u001b[2Jb"))).isEmpty();
        assertThat(of(named("a\u202eb"))).isEmpty();
        assertThat(of(named("<script>"))).isEmpty();
        assertThat(of(named("a..b"))).isEmpty();
        assertThat(of(named(""))).isEmpty();
        assertThat(of(named("x".repeat(513)))).isEmpty();
        assertThat(of(named("shop.Cart"))).isEqualTo("shop.Cart");
    }

    @Test
    void shouldStayInsideTheValueWhateverItHolds() {
        byte[] whole = serialized(new Cart(1));
        Random random = new Random(11);
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThat(of(cut)).isIn("", "org.stoneware.server.admin.ValueClassTest$Cart");
        }
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = whole.clone();
            for (int j = random.nextInt(4); j >= 0; j--) {
                bytes[random.nextInt(20)] = (byte) random.nextInt();
            }
            assertThat(of(bytes)).matches("[^\\p{Cntrl}]*");
        }
    }

    private static byte[] named(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        byte[] value = new byte[9 + bytes.length];
        byte[] head = {0, (byte) 0xAC, (byte) 0xED, 0, 5, 0x73, 0x72, (byte) (bytes.length >> 8), (byte) bytes.length};
        System.arraycopy(head, 0, value, 0, head.length);
        System.arraycopy(bytes, 0, value, head.length, bytes.length);
        return value;
    }

    private static byte[] serialized(Object value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(0);
        try (ObjectOutputStream stream = new ObjectOutputStream(bytes)) {
            stream.writeObject(value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** With exactly its bytes in the buffer, so that a read beyond them fails. */
    private static String of(byte[] value) {
        return ValueClass.of(new UnsafeBuffer(value), 0, value.length);
    }
}

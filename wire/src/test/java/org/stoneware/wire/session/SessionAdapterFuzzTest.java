package org.stoneware.wire.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.wire.log.LogEntryAdapter;
import org.stoneware.wire.log.LogEntryListener;
import org.stoneware.wire.log.SampleEntries;

/** Bytes from outside lead to a call or to a {@link WireException}, and to nothing else. */
class SessionAdapterFuzzTest {
    private static final int ROUNDS = 40_000;
    private static final long SEED = 902;

    /** Decodes one message. */
    private interface Decoder {
        void decode(UnsafeBuffer buffer, int length);
    }

    @Test
    void shouldDecodeEveryRequestOnce() {
        AtomicInteger calls = new AtomicInteger();
        ClientRequestListener listener = counting(ClientRequestListener.class, calls);

        SampleRequests.requests().values().forEach(message -> new ClientRequestAdapter()
                .onMessage(new UnsafeBuffer(message), 0, message.length, listener));

        // A touch message holds two touches, and a registration tells first what its Tomcat was told.
        assertThat(calls).hasValue(SampleRequests.requests().size() + 2);
    }

    @Test
    void shouldSurviveHostileRequests() {
        ClientRequestAdapter adapter = new ClientRequestAdapter();
        ClientRequestListener listener = counting(ClientRequestListener.class, new AtomicInteger());

        fuzz(SampleRequests.requests().values(), (buffer, length) -> adapter.onMessage(buffer, 0, length, listener));
    }

    @Test
    void shouldSurviveHostileResponses() {
        ClientResponseAdapter adapter = new ClientResponseAdapter();
        ClientResponseListener listener = counting(ClientResponseListener.class, new AtomicInteger());

        fuzz(SampleRequests.responses().values(), (buffer, length) -> adapter.onMessage(buffer, 0, length, listener));
    }

    @Test
    void shouldSurviveSpoiledLogEntries() {
        LogEntryAdapter adapter = new LogEntryAdapter();
        LogEntryListener listener = counting(LogEntryListener.class, new AtomicInteger());

        fuzz(SampleEntries.all().values(), (buffer, length) -> adapter.onEntry(buffer, 0, length, listener));
    }

    @Test
    void shouldRefuseTextLongerThanItsMessage() {
        byte[] register = SampleRequests.requests().get("Register").clone();
        UnsafeBuffer buffer = new UnsafeBuffer(register);
        int nameLengthOffset = 8 + 68;
        assertThat(buffer.getInt(nameLengthOffset, ByteOrder.LITTLE_ENDIAN)).isEqualTo(3);
        ClientRequestListener listener = counting(ClientRequestListener.class, new AtomicInteger());

        for (int length : new int[] {-1, Integer.MAX_VALUE, Integer.MIN_VALUE, register.length}) {
            buffer.putInt(nameLengthOffset, length, ByteOrder.LITTLE_ENDIAN);
            assertThatThrownBy(() -> new ClientRequestAdapter().onMessage(buffer, 0, register.length, listener))
                    .isInstanceOf(WireException.class);
        }
    }

    @Test
    void shouldTellNoTouchOfAMessageThatIsCutShort() {
        byte[] touch = SampleRequests.requests().get("Touch").clone();
        new UnsafeBuffer(touch).putInt(16, 3, ByteOrder.LITTLE_ENDIAN);
        AtomicInteger calls = new AtomicInteger();
        ClientRequestListener listener = counting(ClientRequestListener.class, calls);

        assertThatThrownBy(
                        () -> new ClientRequestAdapter().onMessage(new UnsafeBuffer(touch), 0, touch.length, listener))
                .isInstanceOf(WireException.class);
        assertThat(calls).hasValue(0);
    }

    @Test
    void shouldTellTheSessionsOfARegistration() {
        byte[] register = SampleRequests.requests().get("Register");
        List<Object> named = new ArrayList<>();
        ClientRequestListener listener = (ClientRequestListener) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ClientRequestListener.class}, (proxy, method, args) -> {
                    if (method.getName().equals("onRegister")) {
                        named.addAll((List<?>) args[args.length - 2]);
                    }
                    return null;
                });

        new ClientRequestAdapter().onMessage(new UnsafeBuffer(register), 0, register.length, listener);

        assertThat(named)
                .containsExactly(
                        new OwnedSession(SampleRequests.KEY, 11, 1), new OwnedSession(SampleRequests.NEW_KEY, 12, 2));
    }

    private static void fuzz(Iterable<byte[]> valid, Decoder decoder) {
        Random random = new Random(SEED);
        List<byte[]> samples = new ArrayList<>();
        valid.forEach(samples::add);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] message = spoil(samples.get(random.nextInt(samples.size())), random);
            UnsafeBuffer buffer = new UnsafeBuffer(message);
            try {
                decoder.decode(buffer, message.length);
            } catch (WireException e) {
                assertThat(e.getMessage()).isNotBlank();
            } catch (Throwable e) {
                throw new AssertionError("seed=" + SEED + " round=" + round, e);
            }
        }
    }

    private static byte[] spoil(byte[] valid, Random random) {
        byte[] message = valid.clone();
        switch (random.nextInt(4)) {
            case 0 -> message = java.util.Arrays.copyOf(message, random.nextInt(message.length + 8));
            case 1 -> {
                // Lengths are 32-bit numbers, and the interesting ones lie at the borders.
                int[] numbers = {-1, 0, 1, 0xFFFF, Integer.MAX_VALUE, Integer.MIN_VALUE, message.length};
                int at = random.nextInt(message.length - 3);
                new UnsafeBuffer(message).putInt(at, numbers[random.nextInt(numbers.length)], ByteOrder.LITTLE_ENDIAN);
            }
            case 2 -> {
                for (int i = 0; i <= random.nextInt(4); i++) {
                    message[random.nextInt(message.length)] = (byte) random.nextInt();
                }
            }
            default -> {
                byte[] noise = new byte[random.nextInt(64)];
                random.nextBytes(noise);
                message = noise;
            }
        }
        return message;
    }

    private static <T> T counting(Class<T> type, AtomicInteger calls) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> {
            calls.incrementAndGet();
            return null;
        }));
    }
}

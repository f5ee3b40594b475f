package org.stoneware.voting;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.spi.election.HeldCopy;

class RegisterMessageCodecTest {
    private static final VoterId SELF = new VoterId(0x1111, 0x2222);
    private static final VoterId OTHER = new VoterId(0x3333, 0x4444);
    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[RegisterMessageCodec.MAX_LENGTH]);

    @Test
    void shouldReadWhatItWrote() {
        for (RegisterMessage.Type type : RegisterMessage.Type.values()) {
            RegisterMessage message = message(type, value(3));

            int length = RegisterMessageCodec.encode(message, buffer, 0);

            assertThat(RegisterMessageCodec.decode(buffer, 0, length)).isEqualTo(message);
        }
    }

    @Test
    void shouldCarryTheBiggestValue() {
        RegisterMessage message = message(RegisterMessage.Type.PROMISE, value(RegisterValue.MAX_ENTRIES))
                .withHeld(new HeldCopy(true, 3, 4, true));

        int length = RegisterMessageCodec.encode(message, buffer, 0);

        assertThat(length).isEqualTo(RegisterMessageCodec.MAX_LENGTH);
        assertThat(RegisterMessageCodec.decode(buffer, 0, length)).isEqualTo(message);
    }

    @Test
    void shouldKeepItsBytes() {
        RegisterMessage message = new RegisterMessage(
                RegisterMessage.Type.REFUSE, SELF, 5, new Ballot(7, SELF), new Ballot(9, OTHER), null);

        int length = RegisterMessageCodec.encode(message, buffer, 0);

        assertThat(HexFormat.of().formatHex(buffer.byteArray(), 0, length))
                .isEqualTo("01050000" + "0500000000000000" + "1111000000000000" + "2222000000000000"
                        + "0700000000000000" + "1111000000000000" + "2222000000000000"
                        + "0900000000000000" + "3333000000000000" + "4444000000000000" + "00000000");
    }

    @Test
    void shouldCarryWhatItsSenderHolds() {
        for (HeldCopy held :
                List.of(HeldCopy.NOTHING, new HeldCopy(true, 7, 99, false), new HeldCopy(true, 7, 99, true))) {
            RegisterMessage message =
                    message(RegisterMessage.Type.PROMISE, value(2)).withHeld(held);

            int length = RegisterMessageCodec.encode(message, buffer, 0);

            assertThat(RegisterMessageCodec.decode(buffer, 0, length)).isEqualTo(message);
            assertThat(RegisterMessageCodec.decode(buffer, 0, length - 1)).isNull();
        }
    }

    @Test
    void shouldRefuseEveryOtherLength() {
        int length = RegisterMessageCodec.encode(message(RegisterMessage.Type.ACCEPT, value(2)), buffer, 0);

        for (int wrong = 0; wrong < buffer.capacity(); wrong++) {
            if (wrong != length) {
                assertThat(RegisterMessageCodec.decode(buffer, 0, wrong)).isNull();
            }
        }
        assertThat(RegisterMessageCodec.decode(buffer, 1, buffer.capacity())).isNull();
    }

    @Test
    void shouldNeverThrowWhateverTheBytes() {
        SplittableRandom random = new SplittableRandom(1);
        int length = RegisterMessageCodec.encode(message(RegisterMessage.Type.ACCEPT, value(3)), buffer, 0);
        byte[] good = new byte[length];
        buffer.getBytes(0, good);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = good.clone();
            for (int flips = random.nextInt(4); flips >= 0; flips--) {
                bytes[random.nextInt(length)] = (byte) random.nextInt();
            }
            RegisterMessage decoded = RegisterMessageCodec.decode(new UnsafeBuffer(bytes), 0, length);
            assertThat(decoded == null || decoded.ballot().counter() <= Epoch.MAX_COUNTER)
                    .isTrue();
        }
    }

    private static RegisterMessage message(RegisterMessage.Type type, RegisterValue value) {
        boolean hasValue = type == RegisterMessage.Type.PROMISE
                || type == RegisterMessage.Type.ACCEPT
                || type == RegisterMessage.Type.ACTIVE;
        return new RegisterMessage(type, SELF, 5, new Ballot(7, SELF), new Ballot(6, OTHER), hasValue ? value : null);
    }

    private static RegisterValue value(int entries) {
        List<RegisterValue.InSync> inSync = new ArrayList<>();
        List<RegisterValue.Voter> voters = new ArrayList<>();
        for (int i = 0; i < entries; i++) {
            inSync.add(new RegisterValue.InSync(i, new VoterId(i, 1), 100 + i));
            voters.add(new RegisterValue.Voter(i - 1, new VoterId(i, 1)));
        }
        return new RegisterValue(Epoch.of(7, 1, SELF), 1, inSync, voters, voters, 2);
    }
}

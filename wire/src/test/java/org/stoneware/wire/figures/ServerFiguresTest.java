package org.stoneware.wire.figures;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.wire.session.WireException;

class ServerFiguresTest {
    private static final ServerFigures FIGURES = new ServerFigures(0x0102030405060708L, 9_000, 42, "memory");
    private static final int ROUNDS = 10_000;

    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[ServerFigures.MAX_MESSAGE_LENGTH]);

    @Test
    void shouldEncodeAsEver() {
        int length = FIGURES.encode(buffer);

        assertThat(HexFormat.of().formatHex(buffer.byteArray(), 0, length))
                .isEqualTo("1800" + "0100" + "8b03" + "0100" + "0807060504030201" + "2823000000000000"
                        + "2a00000000000000" + "0600" + "6d656d6f7279");
    }

    @Test
    void shouldDecodeWhatWasEncoded() {
        int length = FIGURES.encode(buffer);

        assertThat(ServerFigures.isFigures(buffer, 0, length)).isTrue();
        assertThat(ServerFigures.decode(buffer, 0, length)).isEqualTo(FIGURES);
    }

    @Test
    void shouldShowNothingUnprintableOfAModeFromOutside() {
        int length = new ServerFigures(1, 2, 3, "m\u001b[31m\u202e").encode(buffer);

        assertThat(ServerFigures.decode(buffer, 0, length).storageMode()).isEqualTo("m?[31m?");
    }

    @Test
    void shouldRefuseWhatIsCutShort() {
        int length = FIGURES.encode(buffer);

        for (int cut = 0; cut < length; cut++) {
            int shortened = cut;
            assertThatThrownBy(() -> ServerFigures.decode(buffer, 0, shortened)).isInstanceOf(WireException.class);
        }
    }

    @Test
    void shouldGiveOutcomeForDamagedMessages() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            int length = FIGURES.encode(buffer);
            buffer.putByte(random.nextInt(length), (byte) random.nextInt(256));
            try {
                ServerFigures.decode(buffer, 0, length);
            } catch (WireException e) {
                assertThat(e).hasMessageStartingWith("bad figures");
            } catch (RuntimeException e) {
                throw new AssertionError("exception came out: seed=" + seed + " round=" + round, e);
            }
        }
    }
}

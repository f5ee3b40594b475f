package org.stoneware.wire.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.wire.GoldenBytes;
import org.stoneware.wire.session.WireException;

class WitnessAdapterTest {
    private static final int ROUNDS = 30_000;

    private final WitnessAdapter adapter = new WitnessAdapter();
    private final Recording heard = new Recording();

    @Test
    void shouldEncodeEveryMessageAsEver() {
        GoldenBytes.assertUnchanged(WitnessAdapterTest.class, "witness-wire.txt", SampleWitnessMessages.all());
    }

    @Test
    void shouldDecodeWhatWasEncoded() {
        for (byte[] message : SampleWitnessMessages.all().values()) {
            decode(message);
        }

        assertThat(heard.messages)
                .containsExactly(
                        "question 1 Server2 2",
                        "answer 1 true 3 true",
                        "solo notice 2 true",
                        "probe 4",
                        "probe answer 4 2 5",
                        "role 1 2 ACTIVE_COORDINATOR 6");
    }

    @Test
    void shouldRefuseMessagesCutShort() {
        for (byte[] message : SampleWitnessMessages.all().values()) {
            for (int length = 0; length < message.length; length++) {
                byte[] cut = Arrays.copyOf(message, length);
                assertThatThrownBy(() -> decode(cut)).isInstanceOf(WireException.class);
            }
        }
    }

    @Test
    void shouldRefuseARoleNoVersionHasDefined() {
        byte[] message = SampleWitnessMessages.all().get("WitnessedRole");
        int offsetOfRole = 8 + 2 * Long.BYTES;
        assertThat(message[offsetOfRole]).isEqualTo((byte) ServerRole.ACTIVE_COORDINATOR.code());
        message[offsetOfRole] = 99;

        assertThatThrownBy(() -> decode(message)).isInstanceOf(WireException.class);
    }

    @Test
    void shouldGiveOutcomeForDamagedMessages() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<byte[]> messages = List.copyOf(SampleWitnessMessages.all().values());
        int refused = 0;

        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = messages.get(random.nextInt(messages.size())).clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                decode(bytes);
            } catch (WireException e) {
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError("exception came out: seed=" + seed + " round=" + round, e);
            }
        }

        assertThat(refused).isBetween(1, ROUNDS - 1);
    }

    private void decode(byte[] message) {
        adapter.onMessage(new UnsafeBuffer(message), 0, message.length, heard);
    }

    /** Writes down what it hears. */
    private static final class Recording implements WitnessListener {
        final List<String> messages = new ArrayList<>();

        @Override
        public void onQuestion(long questionId, String serverName, long incarnation) {
            messages.add("question " + questionId + ' ' + serverName + ' ' + incarnation);
        }

        @Override
        public void onAnswer(long questionId, boolean isHeard, int ageMs, boolean wasSolo) {
            messages.add("answer " + questionId + ' ' + isHeard + ' ' + ageMs + ' ' + wasSolo);
        }

        @Override
        public void onSoloNotice(long incarnation, boolean isSolo) {
            messages.add("solo notice " + incarnation + ' ' + isSolo);
        }

        @Override
        public void onRole(long questionId, long incarnation, ServerRole role, long epoch) {
            messages.add("role " + questionId + ' ' + incarnation + ' ' + role + ' ' + epoch);
        }

        @Override
        public void onProbe(long number) {
            messages.add("probe " + number);
        }

        @Override
        public void onProbeAnswer(long number, long incarnation, int agentAgeMs) {
            messages.add("probe answer " + number + ' ' + incarnation + ' ' + agentAgeMs);
        }
    }
}

package org.stoneware.wire.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.stoneware.wire.session.SampleRequests.KEY;
import static org.stoneware.wire.session.SampleRequests.NEW_KEY;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.GoldenBytes;
import org.stoneware.wire.session.WireException;
import org.stoneware.wire.session.WriteStatus;

class StateRowAdapterTest {
    private static final int ROUNDS = 30_000;

    private final StateRowAdapter adapter = new StateRowAdapter();
    private final List<String> heard = new ArrayList<>();

    @Test
    void shouldEncodeEveryRowAsEver() {
        GoldenBytes.assertUnchanged(StateRowAdapterTest.class, "state-rows.txt", SampleRows.all());
    }

    @Test
    void shouldDecodeWhatWasEncoded() {
        SampleRows.all().values().forEach(this::decode);

        assertThat(heard)
                .containsExactly(
                        "client 1 2 from 3 answers 2",
                        "answer 3 COMMITTED 7",
                        "answer 5 ABSENT 0",
                        "alias 9 " + KEY + " " + NEW_KEY,
                        "job 4 at 5 of 80 piece 6 long 3",
                        "totals 1 2 3 4");
    }

    @Test
    void shouldRefuseRowThatEndsEarlyOrLate() {
        for (byte[] row : SampleRows.all().values()) {
            for (int length = 0; length <= row.length + 2; length++) {
                byte[] other = Arrays.copyOf(row, length);
                if (length != row.length) {
                    assertThatThrownBy(() -> decode(other)).isInstanceOf(WireException.class);
                }
            }
        }
    }

    @Test
    void shouldRefuseLogEntriesAndOtherVersions() {
        assertThatThrownBy(() -> decode(SampleEntries.all().get("SessionTouched")))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("unknown row");
        byte[] later = SampleRows.all().get("TotalsRow");
        later[6] = 2;

        assertThatThrownBy(() -> decode(later))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("version=2");
    }

    @Test
    void shouldGiveOutcomeForDamagedRows() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<byte[]> rows = List.copyOf(SampleRows.all().values());
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] row = rows.get(random.nextInt(rows.size())).clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                row[random.nextInt(row.length)] = (byte) random.nextInt(256);
            }
            try {
                decode(row);
            } catch (WireException e) {
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError("exception came out: seed=" + seed + " round=" + round, e);
            }
        }

        assertThat(refused).isPositive().isLessThan(ROUNDS);
    }

    private void decode(byte[] row) {
        adapter.onRow(new UnsafeBuffer(row), 0, row.length, new Recorded());
    }

    private final class Recorded implements StateRowListener {
        @Override
        public void onClient(long clientIdHigh, long clientIdLow, long lowestRequestId, int answers) {
            heard.add(
                    "client " + clientIdHigh + " " + clientIdLow + " from " + lowestRequestId + " answers " + answers);
        }

        @Override
        public void onAnswer(long requestId, WriteStatus status, long version) {
            heard.add("answer " + requestId + " " + status + " " + version);
        }

        @Override
        public void onAlias(long untilMs, SessionKey from, SessionKey to) {
            heard.add("alias " + untilMs + " " + from + " " + to);
        }

        @Override
        public void onExpiryJob(
                long jobId,
                long logTimeMs,
                int recordLength,
                int pieceOffset,
                DirectBuffer piece,
                int offset,
                int length) {
            heard.add("job " + jobId + " at " + logTimeMs + " of " + recordLength + " piece " + pieceOffset + " long "
                    + length);
        }

        @Override
        public void onTotals(int clients, int aliases, int expiryJobs, long droppedJobs) {
            heard.add("totals " + clients + " " + aliases + " " + expiryJobs + " " + droppedJobs);
        }
    }
}

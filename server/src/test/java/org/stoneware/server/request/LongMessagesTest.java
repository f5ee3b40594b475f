package org.stoneware.server.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.latency.LatencyHistogram;
import org.stoneware.server.session.ClientId;
import org.stoneware.server.session.GrownBuffer;
import org.stoneware.server.session.LogClock;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.ReferenceSessionStore;
import org.stoneware.testkit.storage.SessionRecordBuilder;
import org.stoneware.wire.log.LogEntryPublisher;
import org.stoneware.wire.session.LogStart;
import org.stoneware.wire.session.OwnStatus;

/** One long session leaves no long buffers behind. */
class LongMessagesTest {
    private static final int LONG = 2 * GrownBuffer.KEPT_CAPACITY;

    private final List<Integer> capacities = new ArrayList<>();
    private final ClientRow row = new ClientRow(new ClientId(1, 1));

    @Test
    void shouldNotKeepTheBufferOfALongAnswer() {
        ClientReplies replies = new ClientReplies(7, LogStart.EMPTY);
        row.port = new ClientPort(
                (buffer, offset, length) -> {
                    capacities.add(buffer.capacity());
                    return true;
                },
                "10.0.0.1");
        SessionOwnership.Row owned = new SessionOwnership.Row(ProcessorFixture.KEY);

        replies.granted(row, 1, owned, record(LONG), 1, 0, false);
        replies.notOwned(row, 2, 1, OwnStatus.ABSENT);
        replies.expired(row, 3, 1, record(LONG));
        replies.notOwned(row, 4, 1, OwnStatus.ABSENT);

        assertThat(capacities.get(0)).isGreaterThan(LONG);
        assertThat(capacities.get(1)).isLessThanOrEqualTo(GrownBuffer.KEPT_CAPACITY);
        assertThat(capacities.get(3)).isLessThanOrEqualTo(GrownBuffer.KEPT_CAPACITY);
    }

    @Test
    void shouldNotKeepTheBufferOfALongEntry() {
        SessionStateMachine stateMachine = new SessionStateMachine(
                new ReferenceSessionStore(new StoreContext(Path.of(""), 16 << 20, 2 * LONG, line -> {})));
        Proposals proposals = new Proposals(7, stateMachine, new LogClock(1, 0), null, new LatencyHistogram());
        int length = new LogEntryPublisher().sessionAdopted(proposals.entry, null, record(LONG));
        assertThat(proposals.entry.capacity()).isGreaterThan(LONG);

        long index = proposals.propose(length, null, null, Proposals.Action.NONE, 0);

        assertThat(index).isEqualTo(1);
        assertThat(stateMachine.store().figures().sessions()).isEqualTo(1);
        assertThat(proposals.entry.capacity()).isLessThanOrEqualTo(GrownBuffer.KEPT_CAPACITY);
    }

    private static SessionRecord record(int valueLength) {
        return new SessionRecordBuilder(ProcessorFixture.KEY)
                .version(1)
                .attribute("a", new byte[valueLength])
                .build();
    }
}

package org.stoneware.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.agrona.ExpandableArrayBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.log.LogEntryPublisher;

/** Sessions get other ids, as at a log-in, while they are written down. */
class SessionExportTest {
    private static final String SHOP = "localhost/shop";
    private static final int SESSIONS = 1_000;

    private final QuestionFixture server = new QuestionFixture();
    private final LogEntryPublisher entries = new LogEntryPublisher();
    private final List<String> shown = new ArrayList<>();

    @Test
    void shouldShowEverySessionOnceUnderItsNewIdWhenAllGetOneMeanwhile() {
        putSessions();
        SessionExport export = begin();
        boolean hasMore = piece(export);
        for (int i = 0; i < SESSIONS; i++) {
            rename("S" + i, "T" + i);
            // Two log-ins, one after the other.
            rename("T" + i, "U" + i);
        }

        while (hasMore) {
            hasMore = piece(export);
        }

        for (int i = 0; i < SESSIONS; i++) {
            assertThat(shown).containsOnlyOnce("U" + i).doesNotContain("T" + i);
        }
    }

    @Test
    void shouldBeToldNoMoreWhenItHasEnded() {
        putSessions();
        SessionExport export = begin();
        piece(export);
        server.questions.endExport(export);

        rename("S1", "T1");

        assertThat(export.waiting()).isZero();
    }

    private SessionExport begin() {
        return server.<SessionExport>answer(server.questions::beginExport).join();
    }

    private boolean piece(SessionExport export) {
        RecordBatch batch = new RecordBatch();
        boolean hasMore = server.<Boolean>answer(answer -> server.questions.export(export, batch, answer))
                .join();
        batch.forEach(record -> shown.add(record.key().id()));
        return hasMore;
    }

    private void putSessions() {
        // A passive proposes nothing beside what is applied here.
        server.processor = null;
        for (int i = 0; i < SESSIONS; i++) {
            server.put(SHOP, "S" + i, new byte[] {1});
        }
        server.generation.state().skipTo(1_000_000);
    }

    private void rename(String from, String to) {
        ExpandableArrayBuffer entry = new ExpandableArrayBuffer();
        long index = server.generation.state().lastApplied() + 1;
        int length = entries.sessionRenamed(entry, 1, 2, index, 0, SessionKey.of(SHOP, from), SessionKey.of(SHOP, to));
        server.generation
                .state()
                .apply(index, 1, server.wallMs(), entry, 0, length, (result, offset, resultLength) -> {});
        assertThat(server.holds(SHOP, to)).isTrue();
    }
}

package org.stoneware.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.stoneware.wire.session.WriteStatus;

class ReplyWindowTest {
    private final ReplyWindow window = new ReplyWindow();

    @Test
    void shouldKeepAnAnswerUntilItsSenderHasIt() {
        window.put(5, WriteStatus.COMMITTED, 77, 5);
        assertThat(ReplyWindow.version(window.answer(5))).isEqualTo(77);

        window.put(9, WriteStatus.FULL, 0, 9);

        assertThat(window.isForgotten(5)).isTrue();
        assertThat(ReplyWindow.status(window.answer(9))).isEqualTo(WriteStatus.FULL);
        assertThat(window.size()).isEqualTo(1);
    }

    @Test
    void shouldStayBoundedWhenNothingIsConfirmed() {
        for (int id = 1; id <= 3 * ReplyWindow.MAX_ANSWERS; id++) {
            window.put(id, WriteStatus.COMMITTED, id, 1);
        }

        assertThat(window.size()).isLessThanOrEqualTo(ReplyWindow.MAX_ANSWERS);
        assertThat(window.answer(3L * ReplyWindow.MAX_ANSWERS)).isNotEqualTo(ReplyWindow.NONE);
        assertThat(window.isForgotten(1)).isTrue();
    }

    @Test
    void shouldNotCountItsWayThroughWideGaps() {
        long gap = Long.MAX_VALUE / (2L * ReplyWindow.MAX_ANSWERS);
        for (int i = 1; i <= ReplyWindow.MAX_ANSWERS + 10; i++) {
            window.put(i * gap, WriteStatus.COMMITTED, i, 0);
        }

        assertThat(window.size()).isLessThanOrEqualTo(ReplyWindow.MAX_ANSWERS);
        assertThat(window.isForgotten(gap)).isTrue();
    }
}

package org.stoneware.api.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;

class SessionCursorTest {
    @Test
    void shouldComeBackAsTheSessionItStandsBehind() {
        SessionKey key = SessionKey.of("localhost/shöp", "A\u0007B/€");

        String cursor = SessionCursor.after(key);

        assertThat(cursor).matches("[A-Za-z0-9_-]+");
        assertThat(SessionCursor.parse(cursor)).isEqualTo(key);
    }

    @Test
    void shouldMeanTheBeginningWhenEmpty() {
        assertThat(SessionCursor.parse("")).isNull();
    }

    @Test
    void shouldRefuseWhateverWasNotGivenOut() {
        Random random = new Random(7);
        for (int i = 0; i < 2_000; i++) {
            StringBuilder text = new StringBuilder("!");
            for (int j = random.nextInt(40); j > 0; j--) {
                text.append((char) random.nextInt(0x100));
            }
            assertThatThrownBy(() -> SessionCursor.parse(text.toString()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("cursor");
        }
        assertThatThrownBy(() -> SessionCursor.parse("A".repeat(100_000)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("100000");
    }

    @Test
    void shouldRefuseAQueryThatCantBeAnswered() {
        assertThatThrownBy(() -> new SessionAdmin.SessionQuery("", "", 0, "")).hasMessageContaining("1 to 10000");
        assertThatThrownBy(() -> new SessionAdmin.SessionQuery("", "", 1, "*")).hasMessageContaining("cursor");
    }
}

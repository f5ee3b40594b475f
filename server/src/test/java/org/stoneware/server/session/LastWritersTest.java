package org.stoneware.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;

class LastWritersTest {
    private static final ClientId A = new ClientId(1, 2);
    private static final ClientId B = new ClientId(3, 4);
    private static final SessionKey KEY = SessionKey.of("shop", "S1");

    private final LastWriters writers = new LastWriters();

    @Test
    void shouldKnowWhoWroteLast() {
        assertThat(writers.of(KEY)).isNull();
        writers.written(KEY, A);
        writers.written(KEY, B);
        writers.written(SessionKey.of("shop", "S2"), A);

        assertThat(writers.of(KEY)).isEqualTo(B);
        assertThat(writers.of(SessionKey.of("shop", "S3"))).isNull();
    }

    @Test
    void shouldForgetWhatNoTomcatWrote() {
        writers.written(KEY, A);
        writers.forget(KEY);

        assertThat(writers.of(KEY)).isNull();
    }

    @Test
    void shouldNeverNameTheWriterOfAnotherSession() {
        for (int i = 0; i < 200_000; i++) {
            writers.written(SessionKey.of("shop", "S" + i), i % 2 == 0 ? A : B);
        }
        int known = 0;
        for (int i = 0; i < 200_000; i++) {
            ClientId writer = writers.of(SessionKey.of("shop", "S" + i));
            known += writer == null ? 0 : 1;
            assertThat(writer).isIn(null, i % 2 == 0 ? A : B);
        }
        assertThat(known).isGreaterThan(30_000);
    }
}

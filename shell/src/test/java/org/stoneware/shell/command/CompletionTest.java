package org.stoneware.shell.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.felix.service.command.CommandSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.cluster.SessionAdmin;

class CompletionTest {
    private final CommandSession session = proxy(CommandSession.class, null);

    @ParameterizedTest
    @ValueSource(strings = {"session:show A", "session:list --app "})
    void shouldEndAQuestionThatTakesTooLong(String line) {
        CompletableFuture<Object> held = new CompletableFuture<>();
        Completion completion = new Completion(proxy(SessionAdmin.class, held), 1);

        List<String> candidates = completion.candidates(session, line);

        assertThat(candidates).isEmpty();
        assertThat(held).isCancelled();
    }

    @Test
    void shouldNotEndAQuestionItDidNotAsk() {
        CompletableFuture<Object> held = new CompletableFuture<>();
        Completion completion = new Completion(proxy(SessionAdmin.class, held), 1);

        List<String> candidates = completion.candidates(session, "session:list --");

        assertThat(candidates).contains("--app");
        assertThat(held).isNotCancelled();
    }

    /** Answers every call alike. */
    private static <T> T proxy(Class<T> type, Object answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> answer));
    }
}

package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.stoneware.api.cluster.ClusterEvent;

@Timeout(60)
class ChoiceWriterTest {
    private final LivenessInbox inbox = new LivenessInbox();
    private final EventLog events = new EventLog(() -> 0);
    private final List<String> problems = new ArrayList<>();
    private int threadsToBeHad = 1;

    private final ExecutorService disk = Executors.newSingleThreadExecutor(task -> new Thread(task) {
        @Override
        public synchronized void start() {
            if (threadsToBeHad == 0) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            super.start();
        }
    });
    private final ChoiceWriter writer = new ChoiceWriter(inbox, events, disk);

    @AfterEach
    void close() {
        writer.close();
    }

    @Test
    void shouldSayThatTheChoiceIsNotKeptWhenNoThreadIsToBeHad() {
        threadsToBeHad = 0;

        writer.write(() -> {}, problems::add);
        inbox.drain(10);

        assertThat(problems).singleElement().asString().contains("native thread");
        assertThat(writer.isWriting()).isFalse();
        assertThat(events.list()).extracting(ClusterEvent::type).containsExactly("store-choice-not-kept");
        threadsToBeHad = 1;
        writer.write(() -> {}, problems::add);
        awaitAnswers(2);
        assertThat(problems.get(1)).isEmpty();
    }

    @Test
    void shouldAnswerWhenAChangeFailsForWantOfMemory() {
        writer.write(
                () -> {
                    throw new OutOfMemoryError("planted");
                },
                problems::add);

        awaitAnswers(1);

        assertThat(problems.get(0)).contains("planted");
        assertThat(writer.isWriting()).isFalse();
    }

    private void awaitAnswers(int count) {
        while (problems.size() < count) {
            inbox.drain(10);
            Thread.onSpinWait();
        }
    }
}

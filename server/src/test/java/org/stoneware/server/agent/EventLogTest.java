package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ClusterStatus.Counter;
import org.stoneware.api.cluster.EventType;

class EventLogTest {
    private static final Pattern RAISED = Pattern.compile(
            "\\b(?:info|warning|note)\\(\\s*(?:[a-z0-9 ?.()!=_]+\\?\\s*)?\"([a-z]+(?:-[a-z]+)*)\"\\s*,");

    private final EventLog log = new EventLog(() -> 5);

    @Test
    void shouldKeepTheLastEventsAndCountAll() {
        for (int i = 0; i < EventLog.MAX_EVENTS + 7; i++) {
            log.info("sweep", "round " + i);
        }

        assertThat(log.list()).hasSize(EventLog.MAX_EVENTS);
        assertThat(log.list().get(0)).isEqualTo(new ClusterEvent(8, 5, "sweep", "round 7", false));
        assertThat(log.counts()).containsExactly(new Counter("events.sweep", EventLog.MAX_EVENTS + 7));
    }

    @Test
    void shouldLetNothingOfAStrangersNameReachATerminalOrALogLineOfItsOwn() {
        log.warning("client-joined", "name=\u001b[2Jevil\r\n2026 INFO all is well \u202e" + "x".repeat(5_000));

        String text = log.list().get(0).text();
        assertThat(text).startsWith("name=?[2Jevil??2026 INFO all is well ?x").hasSizeLessThan(1_100);
        assertThat(log.list().get(0).isWarning()).isTrue();
    }

    @Test
    void shouldTellOfRefusedLogInsOncePerSecond() {
        for (int i = 0; i < 100; i++) {
            log.logInRefused("jmx-port", "10.0.0." + i);
        }

        assertThat(log.list())
                .singleElement()
                .isEqualTo(new ClusterEvent(
                        1,
                        5,
                        "log-in-refused",
                        "log-in refused: door=jmx-port from=10.0.0.0 refusedSinceStart=1",
                        true));
    }

    /** Every type raised anywhere in this module is one of the list, and the list is what people read about. */
    @Test
    void shouldListAndExplainEveryTypeOfEvent() throws IOException {
        Set<String> raised = new TreeSet<>();
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
            sources.filter(file -> file.toString().endsWith(".java"))
                    .forEach(file -> RAISED.matcher(read(file)).results().forEach(found -> raised.add(found.group(1))));
        }
        assertThat(raised).as("types found in the sources").contains("standby-lost", "client-refused");
        assertThat(raised)
                .as("add a new type to api.cluster.EventType, and what to do about it to docs/operations.md")
                .allMatch(type -> EventType.ofName(type) != null);

        String explained = read(Path.of("../docs/operations.md"));
        for (EventType type : EventType.values()) {
            assertThat(explained).as("docs/operations.md").contains("`" + type.externalName() + "`");
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

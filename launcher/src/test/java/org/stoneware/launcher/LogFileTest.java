package org.stoneware.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.ErrorManager;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFileTest {
    @TempDir
    Path directory;

    @Test
    void shouldKeepTheNewestPartUnderThePlainName() throws IOException {
        RotatingLogFile file = new RotatingLogFile(directory, 150);
        for (int number = 1; number <= 3; number++) {
            file.publish(new LogRecord(Level.INFO, "message number " + number + " " + "x".repeat(60)));
        }
        file.close();

        assertThat(Files.readString(directory.resolve("stoneware-server.log"))).contains("message number 3");
        assertThat(Files.readString(directory.resolve("stoneware-server.log.1")))
                .contains("message number 2");
        assertThat(Files.readString(directory.resolve("stoneware-server.log.2")))
                .contains("message number 1");
    }

    @Test
    void shouldKeepNoMoreThanTheLimit() throws IOException {
        RotatingLogFile file = new RotatingLogFile(directory, 1);
        for (int number = 0; number < 2 * RotatingLogFile.MAX_FILES; number++) {
            file.publish(new LogRecord(Level.INFO, "message"));
        }
        file.close();

        try (var files = Files.list(directory)) {
            assertThat(files.count()).isEqualTo(RotatingLogFile.MAX_FILES);
        }
    }

    @Test
    void shouldWriteAgainOnceWhatKeptItFromRotatingIsGone() throws IOException {
        Path logs = directory.resolve("logs");
        RotatingLogFile file = new RotatingLogFile(logs, 150);
        AtomicInteger errors = new AtomicInteger();
        file.setErrorManager(new ErrorManager() {
            @Override
            public void error(String message, Exception e, int code) {
                errors.incrementAndGet();
            }
        });
        file.publish(new LogRecord(Level.INFO, "first " + "x".repeat(60)));
        Files.delete(logs.resolve("stoneware-server.log"));
        Files.delete(logs);

        file.publish(new LogRecord(Level.INFO, "lost " + "x".repeat(60)));
        Files.createDirectory(logs);
        for (int number = 1; number <= 3; number++) {
            file.publish(new LogRecord(Level.INFO, "message number " + number + " " + "x".repeat(60)));
        }
        file.close();

        assertThat(errors).hasValue(1);
        assertThat(Files.readString(logs.resolve("stoneware-server.log"))).contains("message number 3");
        assertThat(Files.readString(logs.resolve("stoneware-server.log.2"))).contains("message number 1");
    }

    @Test
    void shouldRotateAFileSomebodyHasTakenAway() throws IOException {
        RotatingLogFile file = new RotatingLogFile(directory, 150);
        file.publish(new LogRecord(Level.INFO, "first " + "x".repeat(60)));
        Files.delete(directory.resolve("stoneware-server.log"));

        file.publish(new LogRecord(Level.INFO, "second " + "x".repeat(60)));
        file.close();

        assertThat(Files.readString(directory.resolve("stoneware-server.log"))).contains("second");
    }

    @Test
    void shouldAppendAfterARestart() throws IOException {
        for (String message : new String[] {"first run", "second run"}) {
            RotatingLogFile file = new RotatingLogFile(directory, 1000);
            file.publish(new LogRecord(Level.INFO, message));
            file.close();
        }

        assertThat(Files.readString(directory.resolve("stoneware-server.log")))
                .contains("first run")
                .contains("second run");
    }

    @Test
    void shouldNotLetAMessageForgeALineOrRewriteATerminal() {
        LogRecord event = new LogRecord(
                Level.SEVERE, "bad id\n2026-01-01 00:00:00.000 INFO  all is well\u001b[2J\u009b\u202e\u2028\ud83d");
        event.setLoggerName("org.stoneware.server.role");

        String text = new LogLineFormat().format(event);

        assertThat(text.lines().skip(1)).allMatch(line -> line.startsWith("    "));
        assertThat(text)
                .doesNotContain("\u001b", "\u009b", "\u202e", "\u2028", "\ud83d")
                .contains(" ERROR server.role: bad id");
    }
}

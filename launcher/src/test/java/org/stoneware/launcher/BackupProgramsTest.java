package org.stoneware.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.backup.BackupEncoder;
import org.stoneware.api.backup.BackupHeader;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;

/** {@code backup} and {@code restore} as far as no server is needed. */
class BackupProgramsTest {
    @TempDir
    private Path directory;

    private TestHome home;
    private Path file;

    @BeforeEach
    void layOut() throws IOException {
        home = new TestHome(directory);
        file = home.path("cwd/shop.backup");
    }

    @ParameterizedTest
    @ValueSource(strings = {"backup", "restore"})
    void shouldExplainItself(String program) {
        assertThat(home.run(program, "--help")).isZero();
        assertThat(home.out()).startsWith("Usage: " + program + " FILE").contains("Exit codes:", "--name", "--config");
    }

    @Test
    void shouldSayWhatIsInAWholeBackup() throws IOException {
        write(3);

        int exit = home.run("restore", "--check", "shop.backup");

        assertThat(exit).isZero();
        assertThat(home.out())
                .contains(
                        file + " is a whole backup of server Server1, mode permanent-store, begun 1970-01-01T00:00:01Z",
                        "sessions=3 bytes=" + Files.size(file));
    }

    @Test
    void shouldNameThePlaceOfDamage() throws IOException {
        byte[] bytes = write(3);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);

        assertThat(home.run("restore", "--check", file.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(home.err()).contains(file + ": damaged backup: ", "position=");
    }

    @Test
    void shouldSayThatAFileWasCutOff() throws IOException {
        byte[] bytes = write(3);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));

        assertThat(home.run("restore", "--check", "shop.backup")).isEqualTo(ExitCode.FAILED);
        assertThat(home.err()).contains("the file ends too early");
    }

    @Test
    void shouldSayThatAFileIsMissing() {
        assertThat(home.run("restore", "--check", "shop.backup")).isEqualTo(ExitCode.FAILED);
        assertThat(home.err()).contains("restore: " + file + ": there is no such file");
        assertThat(home.run("restore", "shop.backup"))
                .as("before a server is asked")
                .isEqualTo(ExitCode.FAILED);
        assertThat(home.err()).contains("restore: " + file + ": there is no such file");
    }

    @Test
    void shouldWantOneFile() {
        assertThat(home.run("backup")).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err()).contains("the FILE is missing", "backup --help");
        assertThat(home.run("restore", "one", "-n", "Server1", "two")).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err()).contains("'two' is one argument too many");
        assertThat(home.run("restore", "one", "--keep", "--replace")).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err()).contains("exclude each other");
        assertThat(home.run("backup", "one", "--nmae", "Server1")).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err()).contains("did you mean --name?");
    }

    @ParameterizedTest
    @ValueSource(strings = {"backup", "restore"})
    void shouldSayThatNoServerRuns(String program) throws IOException {
        home.config("");
        boolean isRestore = program.equals("restore");
        byte[] before = isRestore ? write(1) : new byte[0];

        assertThat(home.run(program, "shop.backup")).isEqualTo(3);
        assertThat(Files.exists(file) ? Files.readAllBytes(file) : new byte[0]).isEqualTo(before);
    }

    private byte[] write(int sessions) throws IOException {
        ExpandableArrayBuffer out = new ExpandableArrayBuffer();
        BackupEncoder encoder = new BackupEncoder();
        int length = encoder.header(new BackupHeader(1_000, 1_000, "Server1", "permanent-store"), out, 0);
        for (int i = 0; i < sessions; i++) {
            out.putByte(length + 1_000, (byte) 0);
            length += encoder.session(record("S" + i), out, length);
        }
        length += encoder.end(out, length);
        byte[] bytes = new byte[length];
        out.getBytes(0, bytes);
        Files.write(file, bytes);
        return bytes;
    }

    private static SessionRecord record(String id) {
        SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer());
        byte[] value = {1, 2, 3};
        builder.put(AttributeKind.APPLICATION, "cart", new UnsafeBuffer(value), 0, value.length)
                .finish();
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        SessionRecord.write(
                buffer,
                0,
                SessionKey.of("localhost/shop", id),
                null,
                new SessionDelta().wrap(builder.buffer(), 0),
                new RecordStamp(1, 1, 1, 500, 500),
                500);
        return new SessionRecord().wrap(buffer, 0);
    }
}

package org.stoneware.api.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;

/** What a backup file is, byte by byte, and that no damage of it is taken for sessions. */
final class BackupFormatTest {
    private static final BackupHeader HEADER =
            new BackupHeader(1_764_460_800_000L, 77_000, "Server1", "temporary-swap-only");
    private static final String GOLDEN =
            """
            53574241 434b5550 01000000 42000000 00280fd2 9a010000 c82c0100 00000000
            07001300 53657276 65723174 656d706f 72617279 2d737761 702d6f6e 6c79ac05
            af846c00 0000ff70 acde6c00 00000100 00000100 00000000 00000200 00000000
            00000300 00000000 0000e803 00000000 00008813 00000000 00000807 00000100
            00000900 0e001500 00007365 7373696f 6e2d316c 6f63616c 686f7374 2f73686f
            70150000 00000004 00050000 00636172 7473d51a bbd80000 0000eec4 addb0100
            00000000 00006c00 00000000 000069d8 c850
            """;

    @Test
    void shouldWriteTheBytesOfVersionOne() {
        byte[] file = backup(List.of(record(1, 5)));

        assertThat(HexFormat.of().formatHex(file)).isEqualTo(GOLDEN.replaceAll("\\s", ""));
    }

    @Test
    void shouldReadTheBytesOfVersionOne() throws Exception {
        BackupReader reader = reader(HexFormat.of().parseHex(GOLDEN.replaceAll("\\s", "")));

        assertThat(reader.header()).isEqualTo(HEADER);
        SessionRecord record = reader.next();
        assertThat(record.key()).isEqualTo(SessionKey.of("localhost/shop", "session-1"));
        assertThat(record.version()).isEqualTo(1);
        assertThat(reader.next()).isNull();
    }

    @Test
    void shouldShowEverySessionAsItWasWritten() throws Exception {
        List<byte[]> written = new ArrayList<>();
        List<SessionRecord> records = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            SessionRecord record = record(i, i * 37);
            records.add(record);
            written.add(bytes(record));
        }

        BackupReader reader = reader(backup(records));

        for (byte[] expected : written) {
            assertThat(bytes(reader.next())).isEqualTo(expected);
        }
        assertThat(reader.next()).isNull();
        assertThat(reader.next()).isNull();
        assertThat(reader.summary().sessions()).isEqualTo(200);
        assertThat(reader.summary().bytes())
                .isEqualTo(written.stream().mapToLong(bytes -> bytes.length).sum());
    }

    @Test
    void shouldReadBackupWithoutSessions() throws Exception {
        assertThat(reader(backup(List.of())).next()).isNull();
    }

    @Test
    void shouldRefuseFileCutOffAnywhere() {
        byte[] file = backup(List.of(record(1, 50), record(2, 80)));

        for (int length = 0; length < file.length; length++) {
            byte[] cut = Arrays.copyOf(file, length);
            assertThatThrownBy(() -> readAll(cut)).as("length=" + length).isInstanceOf(BackupException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void shouldRefuseFileWithAnyBitFlipped(long seed) {
        byte[] file = backup(List.of(record(1, 50), record(2, 80), record(3, 0)));
        Random random = new Random(seed);
        for (int i = 0; i < 1000; i++) {
            byte[] damaged = file.clone();
            int bit = random.nextInt(file.length * 8);
            damaged[bit / 8] ^= (byte) (1 << bit % 8);

            assertThatThrownBy(() -> readAll(damaged))
                    .as("seed=" + seed + " bit=" + bit)
                    .isInstanceOf(BackupException.class)
                    .hasMessageMatching("(not a backup|format version|damaged backup).*");
        }
    }

    @Test
    void shouldRefuseSessionsThatAreMissingDoubledOrSwapped() {
        SessionRecord one = record(1, 50);
        SessionRecord other = record(2, 50);
        byte[] file = backup(List.of(one, other));
        int first = BackupEncoder.headerLength(HEADER);
        int second = first + BackupEncoder.FRAME_LENGTH + one.length();
        int end = second + BackupEncoder.FRAME_LENGTH + other.length();
        byte[] head = Arrays.copyOf(file, first);
        byte[] a = Arrays.copyOfRange(file, first, second);
        byte[] b = Arrays.copyOfRange(file, second, end);
        byte[] tail = Arrays.copyOfRange(file, end, file.length);

        for (byte[] wrong : List.of(
                join(head, a, tail), join(head, b, a, tail), join(head, a, b, b, tail), join(head, a, b, tail, tail))) {
            assertThatThrownBy(() -> readAll(wrong))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("damaged backup");
        }
    }

    @Test
    void shouldSayWhatToDoAboutAVersionItDoesNotKnow() {
        byte[] file = backup(List.of());
        file[8] = 9;

        assertThatThrownBy(() -> readAll(file))
                .hasMessageContaining("format version 9")
                .hasMessageContaining("allowed: 1");
    }

    @Test
    void shouldSayThatAnotherFileIsNoBackup() {
        byte[] file = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".getBytes(StandardCharsets.UTF_8);

        assertThatThrownBy(() -> readAll(file)).hasMessage("not a backup: the file does not begin with SWBACKUP");
    }

    private static void readAll(byte[] file) throws IOException, BackupException {
        BackupReader reader = reader(file);
        while (reader.next() != null) {
            assertThat(reader.summary().sessions()).isPositive();
        }
    }

    private static BackupReader reader(byte[] file) throws IOException, BackupException {
        return new BackupReader(new ByteArrayInputStream(file));
    }

    private static byte[] backup(List<SessionRecord> records) {
        ExpandableArrayBuffer out = new ExpandableArrayBuffer();
        BackupEncoder encoder = new BackupEncoder();
        int length = encoder.header(HEADER, out, 0);
        for (SessionRecord record : records) {
            length += encoder.session(record, out, length);
        }
        length += encoder.end(out, length);
        return Arrays.copyOf(out.byteArray(), length);
    }

    private static SessionRecord record(int number, int valueLength) {
        byte[] value = new byte[valueLength];
        new Random(number).nextBytes(value);
        SessionKey key = SessionKey.of("localhost/shop", "session-" + number);
        SessionDelta.Builder delta = new SessionDelta.Builder(new ExpandableArrayBuffer());
        delta.put(AttributeKind.APPLICATION, "cart", new UnsafeBuffer(value), 0, valueLength)
                .maxInactiveIntervalSec(1800)
                .finish();
        SessionDelta changes = new SessionDelta().wrap(delta.buffer(), 0);
        UnsafeBuffer out = new UnsafeBuffer(new byte[SessionRecord.maxLength(key, null, changes)]);
        SessionRecord.write(out, 0, key, null, changes, new RecordStamp(number, 2, 3, 4000, 5000), 1000);
        return new SessionRecord().wrap(out, 0);
    }

    private static byte[] bytes(SessionRecord record) {
        byte[] bytes = new byte[record.length()];
        record.buffer().getBytes(record.offset(), bytes);
        return bytes;
    }

    private static byte[] join(byte[]... parts) {
        ExpandableArrayBuffer out = new ExpandableArrayBuffer();
        int length = 0;
        for (byte[] part : parts) {
            out.putBytes(length, part);
            length += part.length;
        }
        return Arrays.copyOf(out.byteArray(), length);
    }
}

package org.stoneware.storage.segments.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.storage.segments.RealSegmentFiles;
import org.stoneware.storage.segments.SegmentLogContext;
import org.stoneware.storage.segments.SegmentLogContext.Sync;
import org.stoneware.storage.segments.faults.TestEngine;

final class StoreInspectTest {
    @TempDir
    Path temporary;

    private Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void makeDirectory() throws Exception {
        // One of its own below: what lies beside the temporary directory belongs to others.
        directory = Files.createDirectory(temporary.resolve("store"));
    }

    private int inspect(String... arguments) {
        out.reset();
        err.reset();
        return new StoreInspect(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8))
                .run(List.of(arguments));
    }

    private String text() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private TestEngine engine() throws Exception {
        List<String> notices = Collections.synchronizedList(new ArrayList<>());
        return new TestEngine(
                SegmentLogContext.of(new RealSegmentFiles(directory), Sync.FORCED, 64 << 10, 0, notices::add)
                        .withSegmentBytes(64 << 10),
                notices);
    }

    private void write() throws Exception {
        try (TestEngine engine = engine()) {
            for (int key = 0; key < 100; key++) {
                engine.put(key, 1, 1000);
            }
            engine.remove(5);
        }
    }

    @Test
    void shouldSayThatAStoreIsSound() throws Exception {
        write();
        Map<String, FileTime> before = times();

        assertThat(inspect(directory.toString())).isEqualTo(StoreInspect.SOUND);

        assertThat(text()).contains("format version 1", "sessions 99", "  sound");
        assertThat(times()).isEqualTo(before);
    }

    @Test
    void shouldFindAStoreBelow() throws Exception {
        write();

        assertThat(inspect(String.valueOf(directory.getParent()))).isEqualTo(StoreInspect.SOUND);

        assertThat(text()).contains("store " + directory);
    }

    @Test
    void shouldNameTheDamage() throws Exception {
        write();
        Path segment = directory.resolve("0000000001.segment");
        byte[] bytes = Files.readAllBytes(segment);
        bytes[48 + 80 + 500] ^= 1;
        Files.write(segment, bytes);

        assertThat(inspect(directory.toString())).isEqualTo(StoreInspect.DAMAGED);

        assertThat(text())
                .contains("DAMAGED: segment=1 fromOffset=48 toOffset=1128: content of a record is damaged")
                .contains("damaged places: 1")
                .contains("sessions 98");
    }

    @Test
    void shouldEndTheLogWhereTheNextStartEndsIt() throws Exception {
        Path left = Files.createDirectory(directory.resolve("left"));
        try (TestEngine engine = engine()) {
            engine.put(1, 1, 1000);
            engine.awaitDurable();
            engine.put(2, 1, 20_000);
            engine.remove(1);
            engine.awaitDurable();
            for (String name : List.of("LOG", "0000000001.segment")) {
                Files.copy(directory.resolve(name), left.resolve(name));
            }
        }
        byte[] bytes = Files.readAllBytes(left.resolve("0000000001.segment"));
        java.util.Arrays.fill(bytes, 8192, 12_288, (byte) 0);
        Files.write(left.resolve("0000000001.segment"), bytes);

        assertThat(inspect(left.toString())).isEqualTo(StoreInspect.SOUND);

        assertThat(text()).contains("sessions 1,", "begin with what is not whole", "  sound");
    }

    @Test
    void shouldCountWhatTheHintFileOfAMissingSegmentSays() throws Exception {
        write();
        Files.delete(directory.resolve("0000000002.segment"));
        long held;
        inspect(directory.toString());
        String found = text();
        try (TestEngine engine = engine()) {
            held = engine.held.size();
        }

        assertThat(held).isLessThan(99);
        assertThat(found).contains("sessions " + held + ",", "damaged places: 1");
    }

    @Test
    void shouldListRecordsAsJson() throws Exception {
        write();

        assertThat(inspect(directory.toString(), "--json", "--records")).isEqualTo(StoreInspect.SOUND);

        assertThat(text())
                .startsWith("{\"store\":")
                .contains("\"records\":[{\"kind\":\"RECORD\",\"segment\":1,\"offset\":48,\"length\":1000,")
                .contains("\"kind\":\"REMOVAL\"")
                .contains("\"sessions\":99")
                .endsWith("\"sound\":true}" + System.lineSeparator());
        assertThat(text().lines()).hasSize(1);
    }

    @Test
    void shouldSayThatTheStoreIsInUse() throws Exception {
        write();
        try (TestEngine engine = engine()) {
            assertThat(engine.held).hasSize(99);

            inspect(directory.toString());

            assertThat(text()).contains("in use by a running server");
        }
    }

    @Test
    void shouldHelp() {
        assertThat(inspect("--help")).isEqualTo(StoreInspect.SOUND);

        assertThat(text()).startsWith("Usage: store-inspect DIR");
    }

    @Test
    void shouldRefuseWrongUsage() {
        assertThat(inspect()).isEqualTo(StoreInspect.BAD_USAGE);
        assertThat(inspect("--recrods", "x")).isEqualTo(StoreInspect.BAD_USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("unknown option --recrods");
        assertThat(inspect("a", "b")).isEqualTo(StoreInspect.BAD_USAGE);
        assertThat(inspect(directory.resolve("none").toString())).isEqualTo(StoreInspect.BAD_USAGE);
        assertThat(inspect(directory.toString())).isEqualTo(StoreInspect.BAD_USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("no store on disk in");
    }

    private Map<String, FileTime> times() throws Exception {
        Map<String, FileTime> times = new TreeMap<>();
        try (Stream<Path> paths = Files.list(directory)) {
            for (Path path : paths.toList()) {
                times.put(path.toString(), Files.getLastModifiedTime(path));
            }
        }
        return times;
    }
}

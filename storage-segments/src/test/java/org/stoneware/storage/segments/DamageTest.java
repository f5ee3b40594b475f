package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.stoneware.storage.segments.SegmentLogContext.Sync;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;
import org.stoneware.storage.segments.faults.FileDamage;
import org.stoneware.storage.segments.faults.TestEngine;

/**
 * Damages files at random and checks that what is shown is what was stored, or that what is not is told: never a wrong value, never an
 * old one without a word.
 */
final class DamageTest {
    private static final int CASES = Integer.getInteger("stoneware.segments.damages", 1500);
    /** To look at one case alone: its seed, and 1 as the number of cases. */
    private static final int FIRST = Integer.getInteger("stoneware.segments.firstDamage", 0);

    private static final int SEGMENT = 64 << 10;
    private static final int KEYS = 60;
    private static final int OPERATIONS = 450;

    /** Every version a key ever had, the newest last; 0 stands for none. */
    private record Image(Map<String, byte[]> files, Map<Long, List<Long>> history, int lastSegment, boolean isClean) {}

    @Test
    void shouldNeverShowAWrongValueWhateverIsDamaged() throws Exception {
        List<Image> images = List.of(image(1, true), image(2, false), image(3, false));
        Image other = image(4, true);
        int opened = 0;
        int told = 0;
        for (int seed = FIRST; seed < FIRST + CASES; seed++) {
            Image image = images.get(seed % images.size());
            Random random = new Random(seed);
            Map<String, byte[]> files = new LinkedHashMap<>(image.files);
            FileDamage damage = FileDamage.inflict(files, other.files, random);
            String label = "seed=" + seed + " " + damage.what();
            if (CASES == 1) {
                System.out.println(label + " last=" + image.lastSegment + " " + describe(files));
            }
            int outcome = check(image, files, damage.touched(), label);
            opened += outcome >= 0 ? 1 : 0;
            told += outcome > 0 ? 1 : 0;
        }
        System.out.println("damage cases=" + CASES + " opened=" + opened + " of these damage reported=" + told);
        assertThat(opened).isGreaterThanOrEqualTo(CASES / 2);
        // The rest hit what nothing depends on: what a file used before held, and what was cut anyway.
        assertThat(told).isGreaterThanOrEqualTo(CASES / 4);
    }

    private static String describe(Map<String, byte[]> files) {
        StringBuilder text = new StringBuilder();
        files.forEach((name, bytes) ->
                text.append(name).append('=').append(bytes.length).append(' '));
        return text.toString();
    }

    @Test
    void shouldReportNothingWhenNothingIsDamaged() throws Exception {
        for (Image image : List.of(image(5, true), image(6, false))) {
            assertThat(check(image, image.files, Set.of(), "sound")).isZero();
        }
    }

    /** @return -1 refused, 0 opened, 1 opened and damage reported. */
    private static int check(Image image, Map<String, byte[]> damaged, Set<String> touched, String label) {
        FaultySegmentFiles files = FaultySegmentFiles.of(damaged);
        List<String> notices = Collections.synchronizedList(new ArrayList<>());
        boolean isReported;
        try (TestEngine engine = new TestEngine(context(files, notices), notices)) {
            engine.readAll();
            RecoveryReport report = engine.report;
            boolean isUnknown =
                    report.cutBytes() > 0 || report.damages().stream().anyMatch(damage -> !damage.isKeyKnown());
            // A tail that is gone without a trace is a run that ended earlier.
            boolean isTailTouched = !image.isClean && touched.contains(Segment.fileName(image.lastSegment));
            assertThat(engine.isContentRight).as(label).isTrue();
            for (Map.Entry<Long, List<Long>> entry : image.history.entrySet()) {
                long key = entry.getKey();
                List<Long> versions = entry.getValue();
                long newest = versions.get(versions.size() - 1);
                long seen = engine.held.containsKey(key) ? engine.read.get(key) : 0;
                boolean isTold = seen == -1 || engine.damaged.contains(key) && seen == 0;
                assertThat(seen == -1 || seen == 0 || versions.contains(seen))
                        .as("%s key=%d shows a version it never had: %d", label, key, seen)
                        .isTrue();
                assertThat(seen == newest || isTold || isUnknown || isTailTouched)
                        .as(
                                "%s key=%d shows version %d instead of %d, without a word: %s",
                                label, key, seen, newest, report)
                        .isTrue();
            }
            isReported = !report.damages().isEmpty() || report.cutBytes() > 0;
            assertThat(notices.isEmpty() && isReported).as(label).isFalse();
            engine.put(999_999, 1, 2000);
            engine.awaitDurable();
            assertThat(engine.log.isFailed()).as(label).isFalse();
        } catch (SegmentLogException e) {
            assertThat(e.getMessage()).as(label).contains("directory=memory").contains(";");
            return -1;
        }
        try (TestEngine engine = new TestEngine(context(files, notices), notices)) {
            engine.readAll();
            assertThat(engine.read).as(label + " opened again").containsEntry(999_999L, 1L);
            assertThat(engine.isContentRight).as(label + " opened again").isTrue();
        } catch (SegmentLogException e) {
            throw new AssertionError(label + " can't be opened again: " + e.getMessage(), e);
        }
        return isReported ? 1 : 0;
    }

    private static Image image(long seed, boolean isClean) throws Exception {
        FaultySegmentFiles files = new FaultySegmentFiles();
        List<String> notices = Collections.synchronizedList(new ArrayList<>());
        TestEngine engine = new TestEngine(context(files, notices), notices);
        Map<Long, List<Long>> history = new HashMap<>();
        Random random = new Random(seed);
        for (int i = 1; i <= OPERATIONS; i++) {
            long key = random.nextInt(KEYS);
            List<Long> versions = history.computeIfAbsent(key, k -> new ArrayList<>(List.of(0L)));
            if (random.nextInt(5) == 0) {
                engine.remove(key);
                versions.add(0L);
            } else {
                engine.put(key, seed * 1000 + i, random.nextInt(2500));
                versions.add(seed * 1000 + i);
            }
            if (random.nextInt(10) == 0) {
                engine.awaitDurable();
            }
        }
        engine.awaitDurable();
        if (isClean) {
            engine.close();
        }
        Map<String, byte[]> copy = files.copy();
        engine.close();
        int last = copy.keySet().stream()
                .mapToInt(name -> Segment.numberOf(name, Segment.SUFFIX))
                .max()
                .orElseThrow();
        return new Image(copy, history, last, isClean);
    }

    private static SegmentLogContext context(FaultySegmentFiles files, List<String> notices) {
        return SegmentLogContext.of(files, Sync.FORCED, 64 << 10, 0, notices::add)
                .withSegmentBytes(SEGMENT)
                .withPendingBytes(64 << 10);
    }
}

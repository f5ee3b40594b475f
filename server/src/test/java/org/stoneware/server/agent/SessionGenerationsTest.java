package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.server.role.SessionGeneration;
import org.stoneware.server.session.ClientId;
import org.stoneware.server.session.EntryMaker;
import org.stoneware.spi.storage.Durability;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.SessionStoreProvider;
import org.stoneware.spi.storage.StorageException;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreListener;
import org.stoneware.testkit.storage.ReferenceDisk;
import org.stoneware.testkit.storage.ReferenceDurableStore;

/** Which directory a restart opens, and that no complete copy goes before another one is there. */
class SessionGenerationsTest {
    @TempDir
    Path data;

    private final Map<Path, ReferenceDisk> disks = new HashMap<>();
    private final EventLog events = new EventLog(() -> 0);
    /** A marker that was renamed and may not be durable. */
    private int forcesThatFail;

    @Test
    void shouldOpenWhatTheProcessBeforeLeft() throws IOException {
        write(open("kept"), 1);
        SessionGenerations again = generations("kept");

        SessionGeneration found = again.open();

        assertThat(found.held().isComplete()).isTrue();
        assertThat(found.held().index()).isEqualTo(1);
        assertThat(found.held().isSuspect()).isFalse();
        assertThat(found.store().figures().sessions()).isEqualTo(1);
    }

    @Test
    void shouldHoldNothingAtTheFirstStart() throws IOException {
        assertThat(open("kept").held().isComplete()).isFalse();
        assertThat(Files.readString(data.resolve("store/CURRENT"))).contains("generation=1", "mode=kept");
    }

    @Test
    void shouldOpenTheOldCopyUntilANewOneIsPublished() throws IOException {
        SessionGenerations first = generations("kept");
        write(first.open(), 1);
        write(first.get(), 5);

        SessionGeneration found = generations("kept").open();

        assertThat(found.held().index()).isEqualTo(1);
        assertThat(data.resolve("store/1")).exists();
        assertThat(data.resolve("store/2")).doesNotExist();
    }

    @Test
    void shouldKeepSessionsOfAnotherModeAside() throws IOException {
        write(open("kept"), 1);

        SessionGeneration other = open("other");

        assertThat(other.held().isComplete()).isFalse();
        assertThat(data.resolve("store/kept-kept-1")).exists();
        assertThat(events.list()).extracting(ClusterEvent::text).anyMatch(text -> text.contains("they are kept in"));
    }

    @Test
    void shouldKeepAllThatWasSetAsideHoweverOftenTheModeChanges() throws IOException {
        write(open("kept"), 1);
        Files.writeString(directoryInForce().resolve("log"), "first");
        // As an orderly stop does.
        open("scratch").discard();
        write(open("kept"), 1);
        Files.writeString(directoryInForce().resolve("log"), "second");

        open("scratch");

        try (Stream<Path> aside = Files.list(data.resolve("store"))) {
            assertThat(aside.filter(each -> each.getFileName().toString().startsWith("kept-"))
                            .map(each -> content(each.resolve("log"))))
                    .containsExactlyInAnyOrder("first", "second");
        }
    }

    @Test
    void shouldKeepWhatWasSetAsideUnderANameThatIsTaken() throws IOException {
        write(open("kept"), 1);
        Files.writeString(directoryInForce().resolve("log"), "found");
        Path taken = Files.createDirectories(data.resolve("store/kept-kept-1"));
        Files.writeString(taken.resolve("log"), "of before");

        open("scratch");

        assertThat(content(taken.resolve("log"))).isEqualTo("of before");
        assertThat(content(data.resolve("store/kept-kept-1-2/log"))).isEqualTo("found");
    }

    private Path directoryInForce() throws IOException {
        GenerationMarker.Current now = new GenerationMarker(data.resolve("store")).current();
        assertThat(now).isNotNull();
        return data.resolve("store").resolve(String.valueOf(now.number()));
    }

    private static String content(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What counts is what the server that ran then waited for, not what the next one is to wait for. */
    @Test
    void shouldBeSuspectWhenTheMachineWentDownUnderAServerThatDidNotForce() throws IOException {
        write(open("kept"), 1);
        ranOnABootBefore("durability=replicated\n");

        assertThat(open("kept").held().isSuspect()).isTrue();
        assertThat(open("kept").held().isSuspect()).as("until it is trusted").isTrue();
    }

    @Test
    void shouldNotBeSuspectWhenTheServerForcedWhatItAcknowledged() throws IOException {
        write(open("kept"), 1);
        ranOnABootBefore("durability=fsync\n");

        assertThat(generations("kept", Durability.REPLICATED).open().held().isSuspect())
                .isFalse();
    }

    @Test
    void shouldBeSuspectAfterAStopThatCouldNotWriteWhatItHadAcknowledged() throws IOException {
        SessionGenerations replicated = generations("kept", Durability.REPLICATED);
        write(replicated.open(), 1);

        replicated.stopped(false);

        assertThat(data.resolve("store/RUNNING")).doesNotExist();
        assertThat(open("kept").held().isSuspect()).isTrue();
    }

    /** Nothing was acknowledged before it was forced. */
    @Test
    void shouldNotBeSuspectAfterAStopThatCouldNotWriteWhatWasNotAcknowledged() throws IOException {
        SessionGenerations forcing = generations("kept", Durability.FSYNC);
        write(forcing.open(), 1);

        forcing.stopped(false);

        assertThat(open("kept").held().isSuspect()).isFalse();
    }

    /** An older version did not say. */
    @Test
    void shouldBeSuspectWhenNobodyKnowsWhetherTheServerForced() throws IOException {
        write(open("kept"), 1);
        ranOnABootBefore("");

        assertThat(open("kept").held().isSuspect()).isTrue();
    }

    private void ranOnABootBefore(String durability) throws IOException {
        Files.writeString(data.resolve("store/RUNNING"), "version=1\nboot=before\n" + durability);
    }

    /** A start with a newer version of that bundle begins with it, see {@link ProvedStores}. */
    @Test
    void shouldWriteDownWhichBundleMadeTheStore() throws IOException {
        Files.createDirectories(data.resolve("store"));
        GenerationMarker marker = new GenerationMarker(data.resolve("store"));

        marker.write(new GenerationMarker.Current(3, "kept", "shop.kept 2.0.0", false));

        assertThat(marker.current()).isEqualTo(new GenerationMarker.Current(3, "kept", "shop.kept 2.0.0", false));
        assertThat(marker.current().suspect().maker()).isEqualTo("shop.kept 2.0.0");
    }

    @Test
    void shouldReadAMarkerThatNamesNoBundle() throws IOException {
        Files.createDirectories(data.resolve("store"));
        Files.writeString(data.resolve("store/CURRENT"), "version=1\ngeneration=3\nmode=kept\nsuspect=false\n");

        assertThat(new GenerationMarker(data.resolve("store")).current())
                .isEqualTo(new GenerationMarker.Current(3, "kept", false));
    }

    @Test
    void shouldSayWhatToDoWhenTheMarkerCannotBeRead() throws IOException {
        Files.createDirectories(data.resolve("store"));
        Files.writeString(data.resolve("store/CURRENT"), "version=7\n");

        assertThatThrownBy(() -> generations("kept").open())
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("version=7")
                .hasMessageContaining("newer version");
    }

    @Test
    void shouldTellAnOrderlyStopFromTheEndOfTheMachine() throws IOException {
        Files.createDirectories(data.resolve("store"));
        GenerationMarker marker = new GenerationMarker(data.resolve("store"));

        assertThat(marker.mayLackAcknowledged("boot-1")).isFalse();
        marker.running("boot-1", Durability.REPLICATED);
        assertThat(marker.mayLackAcknowledged("boot-1")).isFalse();
        assertThat(marker.mayLackAcknowledged("boot-2")).isTrue();
        assertThat(marker.mayLackAcknowledged("")).isTrue();
        marker.stopped();
        assertThat(marker.mayLackAcknowledged("boot-2")).isFalse();
    }

    @Test
    void shouldRememberThatItsCopyIsSuspectUntilItIsTrusted() throws IOException {
        write(open("kept"), 1);
        new GenerationMarker(data.resolve("store")).write(new GenerationMarker.Current(1, "kept", true));

        assertThat(open("kept").held().isSuspect()).isTrue();
        assertThat(open("kept").held().isSuspect()).isTrue();
    }

    @Test
    void shouldGoOnWithTheCopyInForceWhenTheMarkerOfANewOneIsNotForced() throws IOException {
        SessionGenerations running = generations("kept");
        write(running.open(), 1);
        SessionGeneration fresh = running.get();
        write(fresh, 5);

        forcesThatFail = 1;
        boolean isPublished = fresh.store().place().publish(false);
        fresh.store().place().retire(fresh.store());
        running.awaitClosed();

        assertThat(isPublished).isFalse();
        assertThat(inForce()).isEqualTo(1);
        assertThat(data.resolve("store/2")).as("nothing names it").doesNotExist();
        assertThat(open("kept").held().index()).isEqualTo(1);
    }

    @Test
    void shouldNotDeleteTheDirectoryTheMarkerNamesThoughItsWritingFailed() throws IOException {
        SessionGenerations running = generations("kept");
        write(running.open(), 1);
        SessionGeneration fresh = running.get();

        forcesThatFail = Integer.MAX_VALUE;
        fresh.store().place().publish(false);
        fresh.store().place().delete();
        running.awaitClosed();

        assertThat(data.resolve("store").resolve(String.valueOf(inForce()))).exists();
        assertThat(data.resolve("store/2"))
                .as("what was read may be in memory only: the disk may name this one")
                .exists();
    }

    @Test
    void shouldNotForgetWhichDirectoryTheMarkerMayNameWhenAnotherMarkerFails() throws IOException {
        SessionGenerations running = generations("kept");
        write(running.open(), 1);
        SessionGeneration second = running.get();
        SessionGeneration third = running.get();

        forcesThatFail = Integer.MAX_VALUE;
        second.store().place().publish(false);
        third.store().place().publish(false);
        second.store().place().delete();
        running.awaitClosed();

        assertThat(data.resolve("store/2")).exists();
        assertThat(data.resolve("store/3")).exists();
    }

    /** A marker that can be written again says what is in force, and what it named for a moment goes. */
    @Test
    void shouldWriteTheMarkerBackOnceTheDiskTakesIt() throws IOException {
        SessionGenerations running = generations("kept");
        write(running.open(), 1);
        SessionGeneration fresh = running.get();
        forcesThatFail = 2;
        fresh.store().place().publish(false);

        fresh.store().place().delete();
        running.awaitClosed();

        assertThat(inForce()).isEqualTo(1);
        assertThat(data.resolve("store/2")).doesNotExist();
    }

    @Test
    void shouldSetAsideWhatLiesThereWhenTheDirectoryTheMarkerNamesIsMissing() throws IOException {
        write(open("kept"), 1);
        Files.writeString(data.resolve("store/1/log"), "all sessions");
        new GenerationMarker(data.resolve("store")).write(new GenerationMarker.Current(7, "kept", false));

        SessionGeneration opened = open("kept");

        assertThat(opened.held().isComplete()).isFalse();
        assertThat(content(data.resolve("store/kept-unknown-1/log"))).isEqualTo("all sessions");
        assertThat(events.list())
                .extracting(ClusterEvent::text)
                .anyMatch(text -> text.contains("7 is missing") && text.contains("kept-unknown-1"));
    }

    @Test
    void shouldSetAsideOnceOnlyWhereNothingIsKept() throws IOException {
        write(open("kept"), 1);
        new GenerationMarker(data.resolve("store")).write(new GenerationMarker.Current(7, "kept", false));
        open("scratch");
        open("scratch");

        try (Stream<Path> all = Files.list(data.resolve("store"))) {
            assertThat(all.filter(each -> each.getFileName().toString().startsWith("kept-")))
                    .hasSize(1);
        }
    }

    private int inForce() throws IOException {
        return Integer.parseInt(directoryInForce().getFileName().toString());
    }

    private SessionGeneration open(String mode) throws IOException {
        return generations(mode).open();
    }

    private static void write(SessionGeneration generation, long index) {
        generation.state().skipTo(index - 1);
        generation.state().checkpoint();
        EntryMaker.apply(new EntryMaker(0).written(new ClientId(1, 2), 1, "a"), generation.state(), index);
        for (int i = 0; i < 5; i++) {
            generation.store().doWork(0);
        }
    }

    private SessionGenerations generations(String mode) {
        return generations(mode, Durability.FSYNC);
    }

    private SessionGenerations generations(String mode, Durability durability) {
        SessionStoreProvider provider = new SessionStoreProvider() {
            @Override
            public String mode() {
                return mode;
            }

            @Override
            public boolean keepsSessions() {
                return !mode.equals("scratch");
            }

            @Override
            public SessionStore open(StoreContext context) {
                ReferenceDisk disk = disks.computeIfAbsent(context.directory(), where -> new ReferenceDisk());
                return new ReferenceDurableStore(context, disk, ReferenceDurableStore.Pace.ORDINARY);
            }
        };
        return new SessionGenerations(
                ServerAgentTest.context(data, provider, () -> System.nanoTime(), durability),
                events,
                1 << 20,
                new Silent(),
                () -> {},
                where -> {
                    if (forcesThatFail > 0) {
                        forcesThatFail--;
                        throw new IOException("planted");
                    }
                });
    }

    private static final class Silent implements StoreListener {
        @Override
        public void onLoaded(long ticket) {}

        @Override
        public void onDurable(long position) {}

        @Override
        public void onFailed(String reason) {}
    }
}

package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.server.role.SessionGeneration;
import org.stoneware.server.session.ClientId;
import org.stoneware.server.session.EntryMaker;
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

        assertThat(marker.hasMachineGoneDown("boot-1")).isFalse();
        marker.running("boot-1");
        assertThat(marker.hasMachineGoneDown("boot-1")).isFalse();
        assertThat(marker.hasMachineGoneDown("boot-2")).isTrue();
        assertThat(marker.hasMachineGoneDown("")).isTrue();
        marker.stopped();
        assertThat(marker.hasMachineGoneDown("boot-2")).isFalse();
    }

    @Test
    void shouldRememberThatItsCopyIsSuspectUntilItIsTrusted() throws IOException {
        write(open("kept"), 1);
        new GenerationMarker(data.resolve("store")).write(new GenerationMarker.Current(1, "kept", true));

        assertThat(open("kept").held().isSuspect()).isTrue();
        assertThat(open("kept").held().isSuspect()).isTrue();
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
        SessionStoreProvider provider = new SessionStoreProvider() {
            @Override
            public String mode() {
                return mode;
            }

            @Override
            public boolean keepsSessions() {
                return true;
            }

            @Override
            public SessionStore open(StoreContext context) {
                ReferenceDisk disk = disks.computeIfAbsent(context.directory(), where -> new ReferenceDisk());
                return new ReferenceDurableStore(context, disk, ReferenceDurableStore.Pace.ORDINARY);
            }
        };
        return new SessionGenerations(
                ServerAgentTest.context(data, provider, () -> System.nanoTime()),
                events,
                1 << 20,
                new Silent(),
                () -> {});
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

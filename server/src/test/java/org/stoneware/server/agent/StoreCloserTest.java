package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.server.agent.StoreExchangeRig.ScriptedProvider;
import org.stoneware.server.role.SessionGeneration;
import org.stoneware.server.storage.FaultyStore.Fault;
import org.stoneware.server.storage.StoreSwitch;
import org.stoneware.spi.storage.StorageException;
import org.stoneware.spi.storage.StoreSnapshot;

/** Stores out of use whose close waits for a disk that hangs. */
@Timeout(60)
class StoreCloserTest {
    @TempDir
    Path data;

    private final CountDownLatch disk = new CountDownLatch(1);
    private final CountDownLatch isWaiting = new CountDownLatch(1);
    private final ScriptedProvider other = new ScriptedProvider("other");
    private StoreExchangeRig rig;
    private StoreOffer offer;

    @BeforeEach
    void begin() {
        rig = new StoreExchangeRig(data);
        offer = rig.come(other, "1.0.0");
    }

    @AfterEach
    void release() {
        disk.countDown();
    }

    @Test
    void shouldGoOnWhileAStoreThatWasGivenUpIsBeingClosed() throws InterruptedException {
        other.onClose = this::hang;
        other.fault = Fault.FAILED;

        rig.use(offer);
        rig.untilDone();

        isWaiting.await();
        assertThat(rig.inUse()).isEqualTo(rig.firstOffer.inWords());
        assertThat(rig.eventTypes()).contains("store-exchange-given-up");
        assertThat(other.last().isClosed).isFalse();
    }

    @Test
    void shouldGoOnWhileTheStoreThatWasInUseBeforeIsBeingClosed() throws InterruptedException {
        rig.first.onClose = this::hang;
        rig.use(offer);
        rig.untilDone();

        rig.pass(StoreSwitch.PROBATION_NS + 1);
        rig.cycle();

        isWaiting.await();
        assertThat(rig.eventTypes()).contains("store-proved");
        assertThat(data.resolve("store/1")).exists();
        disk.countDown();
        rig.awaitClosed();
        assertThat(rig.first.last().isClosed).isTrue();
        assertThat(data.resolve("store/1")).doesNotExist();
    }

    @Test
    void shouldGoOnWhileTheStoreOfACopyThatWasGivenUpIsBeingClosed() throws InterruptedException {
        rig.first.onClose = this::hang;
        SessionGeneration copy = rig.generations.forCopy();

        copy.discard();

        isWaiting.await();
        assertThat(rig.first.last().isClosed).isFalse();
        assertThat(data.resolve("store/2")).exists();
        disk.countDown();
        rig.awaitClosed();
        assertThat(rig.first.last().isClosed).isTrue();
        assertThat(data.resolve("store/2")).doesNotExist();
    }

    /** It would be opened on the disk that hangs, by the agent. */
    @Test
    void shouldBeginNoCopyWhileTheStoreOfTheOneGivenUpBeforeIsBeingClosed() {
        rig.first.onClose = this::hang;
        rig.generations.forCopy().discard();

        assertThatThrownBy(rig.generations::forCopy)
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("which was given up, is still being closed");
        assertThat(rig.generations.get().store().figures().sessions()).isZero();
    }

    @Test
    void shouldBeginACopyWhileTheStoreOfTheOneReplacedIsBeingClosed() throws InterruptedException {
        SessionGeneration replaced = rig.generations.forCopy();
        SessionGeneration present = rig.generations.forCopy();
        rig.first.onClose = this::hang;
        present.replaces(replaced);
        isWaiting.await();

        assertThat(rig.generations.forCopy().store().figures().sessions()).isZero();
    }

    /** Each holds what its store holds. */
    @Test
    void shouldBeginNoMoreCopiesWhileTooManyStoresHang() {
        rig.first.onClose = this::hang;
        for (int i = 0; i < StoreOpener.MAX_LEFT_BEHIND; i++) {
            rig.generations.get().discard();
        }

        assertThatThrownBy(rig.generations::forCopy)
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("4 stores that are out of use are still being closed");
    }

    /** The walk may still call the store, which is for one thread at a time. */
    @Test
    void shouldCloseACopyThatIsBeingWalkedOnTheThreadThatWalksIt() {
        SessionGeneration copy = rig.generations.get();
        StoreSnapshot walk = copy.store().openSnapshot();
        List<Thread> closers = new ArrayList<>();
        rig.first.onClose = () -> closers.add(Thread.currentThread());

        copy.discard();

        assertThat(closers).containsExactly(Thread.currentThread());
        walk.close();
    }

    @Test
    void shouldOpenNothingMoreWhileTooManyStoresHang() {
        for (int i = 0; i < StoreOpener.MAX_LEFT_BEHIND; i++) {
            ScriptedProvider hanging = new ScriptedProvider("hanging" + i);
            hanging.onClose = this::hang;
            hanging.fault = Fault.FAILED;
            rig.use(rig.come(hanging, "1.0.0"));
            rig.untilDone();
        }

        assertThat(rig.use(offer)).contains("4 stores that were given up still hang", "restart this server");
        disk.countDown();
        rig.awaitClosed();
        assertThat(rig.use(offer)).isEmpty();
    }

    private void hang() {
        isWaiting.countDown();
        try {
            disk.await();
        } catch (InterruptedException e) {
            throw new AssertionError("the agent waits for the disk", e);
        }
    }
}

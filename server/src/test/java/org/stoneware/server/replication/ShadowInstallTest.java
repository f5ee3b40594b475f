package org.stoneware.server.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import org.agrona.ExpandableArrayBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.session.HeapShares;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.testkit.storage.ReferenceSessionStore;
import org.stoneware.testkit.storage.SessionRecordBuilder;
import org.stoneware.wire.replication.RecordKind;

class ShadowInstallTest {
    /** The least there is: 2 MiB wait. */
    private static final HeapShares SMALL = HeapShares.of(1 << 20, 1);

    private final SessionStore store =
            new ReferenceSessionStore(new StoreContext(Path.of(""), 64 << 20, 8 << 20, line -> {}));
    private boolean isBusy = true;
    private final SessionStore moody = (SessionStore) Proxy.newProxyInstance(
            SessionStore.class.getClassLoader(),
            new Class<?>[] {SessionStore.class},
            (proxy, method, arguments) -> isBusy && method.getName().equals("remove")
                    ? StoreResult.NOT_RESIDENT
                    : isBusy && method.getName().equals("load") ? LoadResult.BUSY : method.invoke(store, arguments));
    private final TestState state = new TestState(moody);
    private final ExpandableArrayBuffer bytes = new ExpandableArrayBuffer();

    @Test
    void shouldCountWhatAWaitingRemovalTakesBesideItsBytes() {
        ShadowInstall install = install(SMALL);
        long fit = SMALL.copyBytes() / (ShadowInstall.BYTES_PER_WAITING + key(0).encodedLength());

        for (int i = 0; i < fit; i++) {
            remove(install, key(0));
        }

        assertThatThrownBy(() -> remove(install, key(0)))
                .isInstanceOf(ShadowInstall.InstallException.class)
                .hasMessageStartingWith("the store takes the copy more slowly than it comes: waiting=" + fit);
    }

    @Test
    void shouldTakeWhatWaitedInOrderWhenTheStoreIsBusyNoMore() {
        ShadowInstall install = install(SMALL);
        put(install, record(4, 10));
        remove(install, key(1));
        put(install, record(7, 10));
        install.doWork(0);
        assertThat(store.figures().sessions()).isZero();

        isBusy = false;
        install.doWork(0);

        SessionRecord held = new SessionRecord();
        assertThat(store.read(key(1), held)).isTrue();
        assertThat(held.lastIndex()).isEqualTo(7);
    }

    @Test
    void shouldLetASessionWaitThatIsLongerThanAllThatMayWait() {
        ShadowInstall install = install(SMALL);
        SessionRecord long1 = record(4, (int) SMALL.copyBytes());

        put(install, long1);
        isBusy = false;
        install.doWork(0);

        assertThat(store.figures().sessions()).isEqualTo(1);
    }

    @Test
    void shouldCompleteACopyDuringWhichMoreSessionsEndedThanItRemembers() {
        isBusy = false;
        ShadowInstall install = install(SMALL);
        put(install, record(4, 10));

        for (int i = 2; i < 3 * SMALL.removedSessions(); i++) {
            remove(install, key(i));
        }
        install.onEnd(9, new ShadowInstall.End(7, 5, 100, 1));

        assertThat(install.completed()).isNotNull();
    }

    @Test
    void shouldNotCompleteACopyInWhichAForgottenRemovalHasComeBack() {
        isBusy = false;
        ShadowInstall install = install(SMALL);
        for (int i = 1; i <= SMALL.removedSessions() + 1; i++) {
            remove(install, key(i));
        }

        put(install, record(4, 10));

        assertThatThrownBy(() -> install.onEnd(9, new ShadowInstall.End(7, 5, 100, 0)))
                .isInstanceOf(ShadowInstall.InstallException.class)
                .hasMessageContaining("copy is not whole")
                .hasMessageContaining("forgottenRemovals=1");
    }

    @Test
    void shouldRememberASessionRemovedAgainAsTheLatest() {
        isBusy = false;
        ShadowInstall install = install(SMALL);
        for (int i = 1; i <= SMALL.removedSessions(); i++) {
            remove(install, key(i));
        }
        remove(install, key(1));
        remove(install, key(SMALL.removedSessions() + 1));

        put(install, record(4, 10));

        assertThat(store.figures().sessions()).isZero();
    }

    private ShadowInstall install(HeapShares shares) {
        return new ShadowInstall(
                9,
                new Generation() {
                    @Override
                    public ReplicatedState state() {
                        return state;
                    }

                    @Override
                    public void discard() {}
                },
                shares);
    }

    private void remove(ShadowInstall install, SessionKey key) {
        install.onRecord(9, 5, RecordKind.REMOVED, bytes, 0, key.encode(bytes, 0));
    }

    private static void put(ShadowInstall install, SessionRecord record) {
        install.onRecord(9, record.lastIndex(), RecordKind.SESSION, record.buffer(), record.offset(), record.length());
    }

    private static SessionKey key(int number) {
        return SessionKey.of("localhost/shop", String.format("%06d", number));
    }

    private static SessionRecord record(long index, int valueLength) {
        return new SessionRecordBuilder(key(1))
                .version(index)
                .logPlace(5, index)
                .attribute("cart", new byte[valueLength])
                .build();
    }
}

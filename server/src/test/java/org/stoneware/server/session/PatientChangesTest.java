package org.stoneware.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.testkit.storage.ReferenceSessionStore;
import org.stoneware.wire.session.WriteStatus;

/** A store that is full in the middle of a wait, and one that says what is not so. */
class PatientChangesTest {
    private static final ClientId TOM = new ClientId(1, 2);
    private static final Set<String> CHANGES = Set.of("merge", "put", "touch", "remove");

    private final EntryMaker maker = new EntryMaker(0);
    private final SessionStore real =
            new ReferenceSessionStore(new StoreContext(Path.of(""), 16 << 20, 1 << 16, line -> {}));
    private boolean isFull;
    private boolean isBlind;
    private final List<Integer> waits = new ArrayList<>();
    private final SessionStore store = (SessionStore) Proxy.newProxyInstance(
            SessionStore.class.getClassLoader(), new Class<?>[] {SessionStore.class}, (proxy, method, arguments) -> {
                if (isFull && CHANGES.contains(method.getName())) {
                    return StoreResult.NOT_RESIDENT;
                }
                if (isFull && method.getName().equals("health")) {
                    return new StoreHealth(StoreHealth.State.FULL, "no room");
                }
                if (isBlind && method.getName().equals("read")) {
                    return false;
                }
                return isBlind && method.getName().equals("load")
                        ? LoadResult.RESIDENT
                        : method.invoke(real, arguments);
            });

    private final SessionStateMachine active = new SessionStateMachine(store, false, (asked, attempt) -> !isFull);
    private final SessionStateMachine standby = new SessionStateMachine(
            new ReferenceSessionStore(new StoreContext(Path.of(""), 16 << 20, 1 << 16, line -> {})));

    @Test
    void shouldRefuseAsFullWhatAFullStoreCanNotTakeAndLeaveAStandbyThatHasRoomEqual() {
        byte[] created = maker.written(TOM, 1, "a");
        EntryMaker.apply(created, active, 1);
        EntryMaker.apply(created, standby, 1);
        long accessMs = lastAccess(active);
        List<byte[]> refused = List.of(
                maker.written(TOM, 2, "a"),
                maker.removed(TOM, 3, "a"),
                maker.renamed(TOM, 4, "a", "b"),
                maker.touched("a", accessMs + 1),
                maker.expired("a", accessMs));
        isFull = true;

        for (byte[] entry : refused) {
            long index = active.lastApplied() + 1;

            assertThat(EntryMaker.apply(entry, active, index)).isEqualTo(WriteStatus.FULL + " 0");
            standby.applyFull(
                    index,
                    1,
                    EntryMaker.logTimeMs(index),
                    new UnsafeBuffer(entry),
                    0,
                    entry.length,
                    (result, offset, length) -> assertThat(WriteStatus.ofCode(result.getInt(offset)))
                            .isEqualTo(WriteStatus.FULL));
        }

        assertThat(lastAccess(standby)).isEqualTo(accessMs).isEqualTo(lastAccess(active));
        assertThat(active.expiryJobs().pending()).isEmpty();
        assertThat(standby.expiryJobs().pending()).isEmpty();
    }

    @Test
    void shouldWaitForASessionThatIsSaidToBeInMemoryAndNotShownAndGiveUpAsToldTo() {
        isBlind = true;
        PatientChanges changes = new PatientChanges(store, (asked, attempt) -> {
            waits.add(attempt);
            return attempt < 3;
        });

        assertThat(changes.read(EntryMaker.key("a"), new SessionRecord())).isFalse();
        assertThat(waits).containsExactly(1, 2, 3);
    }

    private static long lastAccess(SessionStateMachine state) {
        SessionRecord record = new SessionRecord();
        assertThat(state.store().read(EntryMaker.key("a"), record)).isTrue();
        return record.lastAccessedTimeMs();
    }
}

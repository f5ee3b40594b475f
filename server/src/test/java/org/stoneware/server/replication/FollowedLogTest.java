package org.stoneware.server.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.server.session.ClientId;
import org.stoneware.server.session.EntryMaker;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.server.session.StoreHangError;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.testkit.storage.ReferenceDisk;
import org.stoneware.testkit.storage.ReferenceDurableStore;
import org.stoneware.testkit.storage.ReferenceSessionStore;

/** Entries for sessions that are on disk only: nothing overtakes them, and nothing is compared too early. */
class FollowedLogTest {
    private static final ClientId TOM = new ClientId(1, 2);
    private static final int SESSIONS = 12;

    private final EntryMaker maker = new EntryMaker(0);
    private final SessionStateMachine active = new SessionStateMachine(
            new ReferenceSessionStore(new StoreContext(Path.of(""), 16 << 20, 8_192, line -> {})));
    /** Four sessions or so are in memory at a time, and a load takes three cycles. */
    private final SessionStore store = new ReferenceDurableStore(
            new StoreContext(Path.of(""), 2_600, 8_192, line -> {}),
            new ReferenceDisk(),
            new ReferenceDurableStore.Pace(1, 3, 4));

    private final SessionStateMachine standby = new SessionStateMachine(store);
    private final List<String> events = new ArrayList<>();
    private final FollowedLog log = new FollowedLog(standby, 0, 72 << 20, new Events());
    private final StateDigester digester = new StateDigester();

    @Test
    void shouldLetEntriesWaitForTheirSessionsAndKeepTheirOrder() {
        create();
        int most = 0;
        for (int i = 0; i < 200; i++) {
            long index = active.lastApplied() + 1;
            String id = "s" + i % SESSIONS;
            send(i % 3 == 0 ? maker.touched(id, EntryMaker.logTimeMs(index)) : maker.written(TOM, 1_000 + i, id));
            if (i % 7 == 0) {
                log.onDigest(digester.sessions(active, 0, 4_096, 0, 1));
                log.onDigest(digester.rows(active));
            }
            most = Math.max(most, log.waiting());
            cycle();
        }
        drain();

        assertThat(events).isEmpty();
        assertThat(most).isGreaterThan(3);
        assertThat(log.lastIndex()).isEqualTo(active.lastApplied());
        assertThat(log.comparedRows()).isGreaterThan(20);
        assertThat(digester.sessions(standby, 0, 4_096, 0, 1)).isEqualTo(digester.sessions(active, 0, 4_096, 0, 1));
    }

    @Test
    void shouldNameLastEntryReceivedWhileItIsNotAppliedYet() {
        create();
        long before = log.lastIndex();

        send(maker.written(TOM, 500, "s0"));

        assertThat(log.waiting()).isEqualTo(1);
        assertThat(log.lastIndex()).isEqualTo(before);
        assertThat(log.receivedIndex()).isEqualTo(before + 1);
        log.forgetReceived();
        assertThat(log.receivedIndex()).isEqualTo(before);
    }

    @Test
    void shouldEndTheFollowingWhenTooMuchWaits() {
        create();
        byte[] entry = maker.written(TOM, 500, "s0");
        UnsafeBuffer bytes = new UnsafeBuffer(entry);
        long index = log.lastIndex();

        for (int i = 1; i <= ReceivedEntries.MAX_WAITING + 1; i++) {
            log.onEntry(index + i, 1, 0, 0, 0, 0, bytes, 0, entry.length);
        }

        assertThat(events).singleElement().asString().startsWith("overrun too much waits");
    }

    @Test
    void shouldFindDifferenceOfStateItComparesLater() {
        create();
        send(maker.written(TOM, 500, "s0"));
        StateDigest wrong = digester.sessions(active, 0, 4_096, 0, 1);
        log.onDigest(new StateDigest(wrong.index(), 0, 4_096, 0, 1, wrong.count(), wrong.digest() + 1));

        assertThat(events).isEmpty();
        drain();
        assertThat(events).singleElement().asString().startsWith("differs kind=SESSIONS");
    }

    /** Nothing that is to end the server is taken for an entry of a kind this one can't apply. */
    @Test
    void shouldNotTakeAHangingStoreForADamagedEntry() {
        SessionStore busy = (SessionStore) Proxy.newProxyInstance(
                SessionStore.class.getClassLoader(),
                new Class<?>[] {SessionStore.class},
                (proxy, method, arguments) ->
                        method.getName().equals("touch") ? StoreResult.NOT_RESIDENT : method.invoke(store, arguments));
        SessionStateMachine hanging = new SessionStateMachine(busy, false, (asked, attempt) -> {
            throw new StoreHangError("the disk hangs");
        });
        FollowedLog behind = new FollowedLog(hanging, 0, 72 << 20, new Events());
        byte[] entry = maker.touched("s0", 1);

        assertThatThrownBy(() -> {
                    behind.onEntry(1, 1, 0, 0, 0, 0, new UnsafeBuffer(entry), 0, entry.length);
                    behind.doWork();
                })
                .isInstanceOf(StoreHangError.class);
        assertThat(events).isEmpty();
    }

    private void create() {
        for (int i = 0; i < SESSIONS; i++) {
            // The first one a maker makes always creates.
            send(new EntryMaker(i).written(TOM, i + 1, "s" + i));
            cycle();
        }
        drain();
        assertThat(events).isEmpty();
    }

    private void send(byte[] entry) {
        long index = active.lastApplied() + 1;
        UnsafeBuffer bytes = new UnsafeBuffer(entry);
        ResultHash outcome = new ResultHash((result, offset, length) -> {});
        outcome.begin();
        active.apply(index, 1, EntryMaker.logTimeMs(index), bytes, 0, entry.length, outcome);
        log.onEntry(index, 1, index - 1, EntryMaker.logTimeMs(index), outcome.value(), index, bytes, 0, entry.length);
    }

    private void cycle() {
        store.doWork(0);
        log.doWork();
    }

    private void drain() {
        for (int i = 0; i < 1_000 && log.waiting() > 0; i++) {
            cycle();
        }
    }

    private final class Events implements FollowedLog.Listener {
        @Override
        public void onOverrun(String reason) {
            events.add("overrun " + reason);
        }

        @Override
        public void onDamaged(String reason) {
            events.add("damaged " + reason);
        }

        @Override
        public void onDiffers(Mismatch mismatch) {
            events.add("differs " + mismatch);
        }
    }
}

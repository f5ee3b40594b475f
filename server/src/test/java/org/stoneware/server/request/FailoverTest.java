package org.stoneware.server.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.server.request.ProcessorFixture.KEY;
import static org.stoneware.server.request.ProcessorFixture.named;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.request.ProcessorFixture.Tomcat;
import org.stoneware.server.session.HeapShares;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.SessionProtocol;
import org.stoneware.wire.session.WriteStatus;

/** What a new active grants, answers and takes, and what an active says before its standby holds it. */
class FailoverTest {
    private static final SessionKey OTHER_KEY = SessionKey.of("shop", "S2");
    private static final int WINDOW = 1 << 20;
    /** Of what a Tomcat owns nothing need have been named yet, as far as it says. */
    private static final long ALL_LATER = Long.MAX_VALUE;

    private final ProcessorFixture array = new ProcessorFixture();
    private final Tomcat a = array.tomcat(1);
    private final Tomcat b = array.tomcat(2);

    @Test
    void shouldLetATomcatKeepWhatItNamesUnderItsToken() {
        long token = a.create(1, KEY);
        array.takeOver();

        a.comeBack(named(KEY, token, 1));

        assertThat(a.kept).containsExactly(named(KEY, token, 1));
        a.write(2, KEY, token, 0, 1, 8);
        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.COMMITTED);
    }

    @Test
    void shouldNotGrantWhileAKnownTomcatHasNotComeBack() {
        a.create(1, KEY);
        array.takeOver();
        b.comeBack();

        b.getOwn(1, KEY, 0);
        array.pass(400, b);
        assertThat(b.owned).isEmpty();

        a.comeBack();
        array.pass(1, b);
        assertThat(b.lastOwned().status()).isEqualTo(OwnStatus.LOADED);
    }

    @Test
    void shouldGrantOnlyWhenEveryLeaseOfBeforeHasLapsedOnAnyClock() {
        a.create(1, KEY);
        array.takeOver();
        b.comeBack();
        b.getOwn(1, KEY, 0);

        // A lease of 400 ms by a clock one in a hundred too slow, waited for with one as much too fast.
        array.pass(409, b);
        assertThat(b.owned).isEmpty();

        array.pass(20, b);
        assertThat(b.lastOwned().status()).isEqualTo(OwnStatus.LOADED);
    }

    @Test
    void shouldGrantAtOnceWhenNoTomcatIsKnown() {
        ProcessorFixture empty = new ProcessorFixture();
        empty.takeOver();
        Tomcat first = empty.tomcat(1);

        first.create(1, KEY);
        first.getOwn(2, KEY, 0);

        assertThat(first.lastOwned().status()).isEqualTo(OwnStatus.LOADED);
    }

    @Test
    void shouldRecallANamedSessionForOneWhoWaits() {
        long token = a.create(1, KEY);
        array.takeOver();
        b.comeBack();
        b.getOwn(1, KEY, 0);

        a.comeBack(named(KEY, token, 3));

        assertThat(a.recalls).containsExactly(new ProcessorFixture.Recall(token, 3, KEY));
        a.release(KEY, token, 3);
        assertThat(b.lastOwned().token()).isGreaterThan(token);
    }

    @Test
    void shouldLetATomcatKeepWhatItNamesBehindItsRegistration() {
        long token = a.create(1, KEY);
        long otherToken = a.create(2, OTHER_KEY);
        array.takeOver();
        a.comeBackAndGoOn(ALL_LATER, named(KEY, token, 1));

        a.name(1, 0, named(OTHER_KEY, otherToken, 1), named(SessionKey.of("shop", "gone"), 5, 1));

        assertThat(a.named).containsExactly(1);
        assertThat(a.kept).containsExactly(named(OTHER_KEY, otherToken, 1));
        a.write(3, OTHER_KEY, otherToken, 0, 1, 8);
        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.COMMITTED);
    }

    @Test
    void shouldNotGrantWhatATomcatHasNotNamedYet() {
        long token = a.create(1, KEY);
        array.takeOver();
        b.comeBack();
        a.comeBackAndGoOn(ALL_LATER);
        b.getOwn(1, KEY, 0);
        a.name(1, ALL_LATER);
        assertThat(b.owned).isEmpty();

        a.name(2, 0, named(KEY, token, 1));

        assertThat(b.owned).isEmpty();
        assertThat(a.recalls).containsExactly(new ProcessorFixture.Recall(token, 1, KEY));
        a.release(KEY, token, 1);
        assertThat(b.lastOwned().token()).isGreaterThan(token);
    }

    @Test
    void shouldGrantWhatNobodyHasNamedThatWasChangedLaterThanWhatIsNotNamedYet() {
        a.create(1, KEY);
        a.create(2, OTHER_KEY);
        long version = a.lastWritten().version();
        array.takeOver();
        a.comeBackAndGoOn(version);
        b.getOwn(1, OTHER_KEY, 0);
        b.getOwn(2, KEY, 0);
        assertThat(b.owned).as("while a Tomcat is missing").isEmpty();

        b.comeBackAndGoOn(version - 1);
        b.getOwn(1, OTHER_KEY, 0);
        b.getOwn(2, KEY, 0);
        assertThat(b.owned).extracting(ProcessorFixture.Owned::requestId).containsExactly(1L);

        a.name(1, version - 1);
        array.pass(1, b);
        assertThat(b.owned).extracting(ProcessorFixture.Owned::requestId).containsExactly(1L, 2L);
    }

    @Test
    void shouldTakeNoNameOfASessionThatWasGrantedAsNobodys() {
        long token = a.create(1, KEY);
        long version = a.lastWritten().version();
        array.takeOver();
        a.comeBackAndGoOn(version);
        b.comeBack();
        b.getOwn(1, KEY, 0);
        b.release(KEY, b.lastOwned().token(), b.lastOwned().grant());

        a.name(1, 0, named(KEY, token, 1));

        assertThat(a.kept).isEmpty();
    }

    @Test
    void shouldNotAskATomcatToGiveBackWhatItWaitsForItself() {
        long token = a.create(1, KEY);
        array.takeOver();
        a.comeBackAndGoOn(ALL_LATER);
        a.getOwn(2, KEY, 0);

        a.name(1, 0, named(KEY, token, 1));
        array.pass(1, a);

        assertThat(a.recalls).isEmpty();
        assertThat(a.lastOwned().token()).isEqualTo(token);
    }

    @Test
    void shouldLetATomcatKeepWhatIsNotInMemoryHere() {
        AtomicBoolean isSwappedOut = new AtomicBoolean();
        ProcessorFixture swapping =
                new ProcessorFixture(store -> SwappedStore.around(store, isSwappedOut::get), HeapShares.LARGEST);
        Tomcat owner = swapping.tomcat(1);
        Tomcat other = swapping.tomcat(2);
        long token = owner.create(1, KEY);
        swapping.takeOver();
        isSwappedOut.set(true);
        owner.comeBack(named(KEY, token, 1));
        other.comeBack();
        isSwappedOut.set(false);

        other.getOwn(1, KEY, 0);

        assertThat(owner.kept).containsExactly(named(KEY, token, 1));
        assertThat(other.owned).isEmpty();
        assertThat(owner.recalls).containsExactly(new ProcessorFixture.Recall(token, 1, KEY));
    }

    @Test
    void shouldGrantEverythingOnceATomcatHasNamedItsLast() {
        a.create(1, KEY);
        array.takeOver();
        b.comeBack();
        a.comeBackAndGoOn(ALL_LATER);
        b.getOwn(1, KEY, 0);

        a.name(1, 0);
        array.pass(1, b);

        assertThat(b.lastOwned().status()).isEqualTo(OwnStatus.LOADED);
    }

    @Test
    void shouldGrantWhatATomcatNamesTooLate() {
        long token = a.create(1, KEY);
        array.takeOver();
        b.comeBack();
        a.comeBackAndGoOn(ALL_LATER);
        b.getOwn(1, KEY, 0);
        array.pass(430, b);
        assertThat(b.lastOwned().status()).isEqualTo(OwnStatus.LOADED);

        a.name(1, 0, named(KEY, token, 1));

        assertThat(a.named).containsExactly(1);
        assertThat(a.kept).isEmpty();
    }

    @Test
    void shouldTakeNothingOfNamesThatBelongToAnotherRegistration() {
        long token = a.create(1, KEY);
        array.takeOver();
        b.comeBack();
        a.comeBackAndGoOn(ALL_LATER);
        long before = a.registration();
        a.comeBackAndGoOn(ALL_LATER);
        b.getOwn(1, KEY, 0);

        a.name(before, 1, 0, named(KEY, token, 1));
        array.pass(1, b);

        assertThat(a.named).isEmpty();
        assertThat(array.counter("ownership.tomcats-awaited")).isEqualTo(1);
        assertThat(b.owned).isEmpty();
    }

    @Test
    void shouldNotTakeOverAgainWhatNamesThatComeTwiceHold() {
        long token = a.create(1, KEY);
        array.takeOver();
        a.comeBackAndGoOn(ALL_LATER);
        a.name(1, ALL_LATER, named(KEY, token, 1));
        a.release(KEY, token, 1);

        a.name(1, ALL_LATER, named(KEY, token, 1));

        assertThat(a.kept).isEmpty();
        assertThat(array.counter("ownership.rows")).isZero();
    }

    @Test
    void shouldAnswerARepeatedRegistrationWithWhatIsStillOwnedAndChangeNothing() {
        long token = a.create(1, KEY);
        long otherToken = a.create(2, OTHER_KEY);
        array.takeOver();
        a.comeBack(named(KEY, token, 1), named(OTHER_KEY, otherToken, 1));
        a.kept = List.of();
        a.register(a.registration(), List.of(named(KEY, token, 1), named(OTHER_KEY, otherToken, 1)));
        List<OwnedSession> keptBefore = a.kept;
        a.release(KEY, token, 1);

        a.register(a.registration(), List.of(named(KEY, token, 1), named(OTHER_KEY, otherToken, 1)));

        assertThat(keptBefore).containsExactly(named(KEY, token, 1), named(OTHER_KEY, otherToken, 1));
        assertThat(a.kept).containsExactly(named(OTHER_KEY, otherToken, 1));
        assertThat(array.counter("ownership.rows")).isEqualTo(1);
    }

    @Test
    void shouldNotTakeOverASessionSomebodyWasGrantedSince() {
        long token = a.create(1, KEY);
        array.takeOver();
        b.comeBack();
        b.getOwn(1, KEY, 0);
        array.pass(430, b);

        a.comeBack(named(KEY, token, 1));

        assertThat(a.kept).isEmpty();
        a.write(2, KEY, token, 0, 1, 8);
        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.FENCED);
    }

    @Test
    void shouldAskForARegistrationInTheEpochOfNow() {
        array.epoch--;
        a.comeBack();

        assertThat(a.mustRegister).isEqualTo(1);
        assertThat(a.registered).isEqualTo(1);
    }

    @Test
    void shouldTakeALateWriteToAnUnchangedSessionAndTheNextOneOfTheSameUse() {
        long token = a.create(1, KEY);
        long version = a.lastWritten().version();
        array.takeOver();
        a.comeBack();
        b.comeBack();

        a.base = version;
        a.write(2, KEY, token, 0, 1, 8);

        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.COMMITTED);
        assertThat(a.lastWritten().token()).isEqualTo(token);
        a.base = 0;
        a.write(3, KEY, token, 0, 1, 8);
        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.COMMITTED);
    }

    @Test
    void shouldTakeNoReleaseForAGrantMadeAfterALateWriteThatItsTomcatHasNotSeen() {
        long token = a.create(1, KEY);
        a.base = a.lastWritten().version();
        a.getOwn(2, KEY, 0);
        long seen = a.lastOwned().grant();
        array.takeOver();
        a.comeBack();
        b.comeBack();
        // Made before it had seen the grant.
        a.write(3, KEY, token, 0, 1, 8);
        a.getOwn(4, KEY, 0);

        a.release(KEY, token, seen);
        b.getOwn(1, KEY, 0);

        assertThat(b.owned).as("while request 4 may use the session").isEmpty();
        a.release(KEY, token, a.lastOwned().grant());
        assertThat(b.lastOwned().status()).isEqualTo(OwnStatus.LOADED);
    }

    @Test
    void shouldTakeNoReleaseForAGrantMadeAfterALateRenamingThatItsTomcatHasNotSeen() {
        long token = a.create(1, KEY);
        a.base = a.lastWritten().version();
        a.getOwn(2, KEY, 0);
        long seen = a.lastOwned().grant();
        array.takeOver();
        a.comeBack();
        b.comeBack();
        a.rename(3, KEY, OTHER_KEY, token);
        a.getOwn(4, OTHER_KEY, 0);

        a.release(OTHER_KEY, token, seen);
        b.getOwn(1, OTHER_KEY, 0);

        assertThat(b.owned).as("while request 4 may use the session").isEmpty();
        a.release(OTHER_KEY, token, a.lastOwned().grant());
        assertThat(b.lastOwned().status()).isEqualTo(OwnStatus.LOADED);
    }

    @Test
    void shouldLetALateWriteWaitUntilNobodyCanOwnTheSession() {
        long token = a.create(1, KEY);
        a.base = a.lastWritten().version();
        array.takeOver();
        a.comeBack();

        a.write(2, KEY, token, 0, 1, 8);
        assertThat(a.written).hasSize(1);

        array.pass(430, a);
        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.COMMITTED);
    }

    @Test
    void shouldTakeALateWriteBeforeARequestThatComesWhenTheLastLeaseIsOver() {
        long token = a.create(1, KEY);
        a.base = a.lastWritten().version();
        array.takeOver();
        a.comeBack();
        Tomcat c = array.tomcat(3);
        a.write(2, KEY, token, 0, 1, 8);
        assertThat(a.written).hasSize(1);

        array.clock.advanceMs(415);
        c.renew();
        array.clock.advanceMs(10);
        c.getOwn(1, KEY, 0);
        array.pass(1, c);

        assertThat(a.written).hasSize(2);
        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.COMMITTED);
    }

    @Test
    void shouldTakeALateWriteThatWaitedForAnOfferBeforeARequestThatComesWhenItHasEnded() {
        long token = a.create(1, KEY);
        a.base = a.lastWritten().version();
        array.takeOver();
        a.comeBack();
        b.comeBack();
        array.processor.offer().begin(array.clock.nowNs());
        a.write(2, KEY, token, 0, 1, 8);
        assertThat(a.written).hasSize(1);

        array.processor.offer().end(array.clock.nowNs());
        b.getOwn(1, KEY, 0);
        array.pass(1, b);

        assertThat(a.written).hasSize(2);
        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.COMMITTED);
    }

    @Test
    void shouldRefuseALateWriteToASessionChangedSince() {
        long token = a.create(1, KEY);
        a.base = a.lastWritten().version();
        array.takeOver();
        a.comeBack();
        b.comeBack();
        b.getOwn(1, KEY, 0);
        b.write(
                2,
                KEY,
                b.lastOwned().token(),
                SessionProtocol.WRITE_RELEASE,
                b.lastOwned().grant(),
                8);
        long rows = array.counter("ownership.rows");

        a.write(2, KEY, token, 0, 1, 8);

        assertThat(rows).as("nobody owns it").isZero();
        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.FENCED);
    }

    @Test
    void shouldRefuseALateWriteWhileTheSameTomcatOwnsTheSessionAnew() {
        long token = a.create(1, KEY);
        a.base = a.lastWritten().version();
        array.takeOver();
        a.comeBack();
        b.comeBack();
        a.getOwn(2, KEY, 0);

        a.write(3, KEY, token, 0, 1, 8);

        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.FENCED);
    }

    @Test
    void shouldRefuseALateWriteForGoodOnceItWasRefused() {
        long token = a.create(1, KEY);
        a.base = a.lastWritten().version();
        array.takeOver();
        a.comeBack();
        b.comeBack();
        b.getOwn(1, KEY, 0);
        a.write(2, KEY, token, 0, 1, 8);
        b.release(KEY, b.lastOwned().token(), b.lastOwned().grant());

        a.write(2, KEY, token, 0, 1, 8);

        assertThat(a.written.subList(1, 3)).allMatch(each -> each.status() == WriteStatus.FENCED);
    }

    @Test
    void shouldGiveTheSessionBackWithTheAnswerToAChangeSentAgain() {
        long token = a.create(1, KEY);
        a.write(2, KEY, token, 0, 1, 8);
        long version = a.lastWritten().version();
        array.takeOver();
        a.comeBack();
        b.comeBack();

        a.write(2, KEY, token, 0, 1, 8);

        assertThat(a.lastWritten())
                .isEqualTo(new ProcessorFixture.Written(2, token, version, WriteStatus.COMMITTED, 0));
        assertThat(array.counter("requests.duplicate")).isEqualTo(1);
    }

    @Test
    void shouldAnswerNothingBeforeItIsCommitted() {
        SlowStandby standby = takeOverWithStandby(WINDOW);
        a.comeBack();
        b.comeBack();
        array.pass(1);
        assertThat(a.registered).isEqualTo(1);

        standby.acknowledge(array.stateMachine.lastApplied());
        array.pass(1);
        assertThat(a.registered).isEqualTo(2);

        a.write(1, KEY, 0, SessionProtocol.WRITE_CREATE, 0, 8);
        a.write(1, KEY, 0, SessionProtocol.WRITE_CREATE, 0, 8);
        b.getOwn(1, KEY, 0);
        array.pass(1);
        assertThat(a.written).isEmpty();
        assertThat(b.owned).isEmpty();

        standby.acknowledge(array.stateMachine.lastApplied());
        array.pass(1, a, b);
        assertThat(a.written).hasSize(2).allMatch(each -> each.status() == WriteStatus.COMMITTED);
        assertThat(a.written.get(0).hints()).isEqualTo(SessionProtocol.HINT_RECALLED);
    }

    @Test
    void shouldNotSayThatASessionIsGoneBeforeItsRemovalIsCommitted() {
        SlowStandby standby = takeOverWithStandby(WINDOW);
        a.comeBack();
        b.comeBack();
        commit(standby);
        a.write(1, KEY, 0, SessionProtocol.WRITE_CREATE, 0, 8);
        commit(standby);
        a.remove(2, KEY, a.lastWritten().token());

        b.getOwn(1, KEY, 0);
        array.pass(1);
        assertThat(b.owned).isEmpty();

        commit(standby);
        assertThat(b.lastOwned().status()).isEqualTo(OwnStatus.ABSENT);
    }

    @Test
    void shouldTakeEveryWriteInOrderWhenTheLogWasFull() {
        SlowStandby standby = takeOverWithStandby(200);
        a.comeBack();
        commit(standby);

        for (int i = 1; i <= 6; i++) {
            SessionKey key = i % 2 == 0 ? KEY : OTHER_KEY;
            a.write(i, SessionKey.of("shop", key.id() + i), 0, SessionProtocol.WRITE_CREATE, 0, 8);
        }
        assertThat(array.counter("requests.waiting")).isPositive();
        for (int i = 0; i < 10; i++) {
            commit(standby);
        }

        assertThat(a.written).extracting(ProcessorFixture.Written::requestId).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
        assertThat(a.written).allMatch(each -> each.status() == WriteStatus.COMMITTED);
    }

    private SlowStandby takeOverWithStandby(int windowBytes) {
        SlowStandby standby = new SlowStandby(array.epoch + 1, array.stateMachine, windowBytes);
        array.takeOver(standby.standbys);
        return standby;
    }

    private void commit(SlowStandby standby) {
        array.pass(1);
        standby.acknowledge(array.stateMachine.lastApplied());
        array.pass(1);
    }
}

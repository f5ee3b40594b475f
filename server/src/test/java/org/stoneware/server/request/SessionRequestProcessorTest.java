package org.stoneware.server.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.server.request.ProcessorFixture.EPOCH;
import static org.stoneware.server.request.ProcessorFixture.KEY;
import static org.stoneware.server.request.ProcessorFixture.MAX_SESSION_BYTES;
import static org.stoneware.server.request.ProcessorFixture.RECONNECT_WINDOW_MS;
import static org.stoneware.server.request.ProcessorFixture.delta;

import java.nio.ByteOrder;
import java.util.Random;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.request.ProcessorFixture.Owned;
import org.stoneware.server.request.ProcessorFixture.Tomcat;
import org.stoneware.wire.session.ClientRequestPublisher;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.SessionProtocol;
import org.stoneware.wire.session.WriteStatus;

class SessionRequestProcessorTest {
    private static final SessionKey NEW_KEY = SessionKey.of("shop", "S2");

    private final ProcessorFixture array = new ProcessorFixture();
    private final Tomcat a = array.tomcat(1);
    private final Tomcat b = array.tomcat(2);

    @Test
    void shouldGrantACreatedSessionToItsCreator() {
        long token = a.create(1, KEY);

        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.COMMITTED);
        assertThat(token).isNotZero();
        a.write(2, KEY, token, 0, 1, 8);
        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.COMMITTED);
    }

    @Test
    void shouldAnswerAbsentForASessionNobodyMade() {
        a.getOwn(1, KEY, 0);

        assertThat(a.lastOwned().status()).isEqualTo(OwnStatus.ABSENT);
        assertThat(array.counter("ownership.rows")).isZero();
    }

    @Test
    void shouldAnswerCurrentWithoutARecordWhenTheCopyIsUpToDate() {
        a.create(1, KEY);

        a.getOwn(2, KEY, a.lastWritten().version());

        assertThat(a.lastOwned().status()).isEqualTo(OwnStatus.CURRENT);
        assertThat(a.lastOwned().hasRecord()).isFalse();
    }

    @Test
    void shouldTellTheLastAccessWhenTheCopyIsUpToDate() {
        long token = a.create(1, KEY);
        long version = a.lastWritten().version();
        a.release(KEY, token, token);
        array.pass(20_000, a, b);
        b.touch(KEY);
        array.pass(5_000, a, b);

        a.getOwn(2, KEY, version);

        assertThat(a.lastOwned().status()).isEqualTo(OwnStatus.CURRENT);
        assertThat(a.idleMs).isEqualTo(5_000);
    }

    @Test
    void shouldAnswerADuplicateAsTheFirstTimeAndChangeNothing() {
        long token = a.create(1, KEY);
        a.write(2, KEY, token, 0, 1, 8);
        long version = a.lastWritten().version();

        a.write(2, KEY, token, 0, 1, 8);

        assertThat(a.lastWritten().version()).isEqualTo(version);
        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.COMMITTED);
        assertThat(array.counter("requests.duplicate")).isEqualTo(1);
        assertThat(version()).isEqualTo(version);
    }

    @Test
    void shouldRecogniseADuplicateOnANewConnection() {
        long token = a.create(1, KEY);
        a.write(2, KEY, token, SessionProtocol.WRITE_RELEASE, token, 8);
        long version = a.lastWritten().version();
        a.lose();
        a.connect();
        a.register();

        a.write(2, KEY, token, SessionProtocol.WRITE_RELEASE, token, 8);

        assertThat(a.lastWritten().version()).isEqualTo(version);
        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.COMMITTED);
    }

    @Test
    void shouldFenceAWriteUnderATokenThatWasPassedOn() {
        long old = a.create(1, KEY);
        array.pass(600, b);
        b.getOwn(1, KEY, 0);
        long version = version();

        a.write(2, KEY, old, 0, 1, 8);

        assertThat(b.lastOwned().token()).isGreaterThan(old);
        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.FENCED);
        assertThat(version()).isEqualTo(version);
    }

    @Test
    void shouldFenceAWriteUnderSomebodyElsesToken() {
        long token = a.create(1, KEY);

        b.write(1, KEY, token, 0, 1, 8);

        assertThat(b.lastWritten().status()).isEqualTo(WriteStatus.FENCED);
    }

    @Test
    void shouldRecallFromAnOwnerAndGrantOnRelease() {
        long token = a.create(1, KEY);
        b.getOwn(1, KEY, 0);
        assertThat(b.owned).isEmpty();
        assertThat(a.recalls).hasSize(1);

        a.release(KEY, token, a.recalls.get(0).grant());

        assertThat(b.lastOwned().status()).isEqualTo(OwnStatus.LOADED);
        assertThat(b.lastOwned().token()).isGreaterThan(token);
    }

    @Test
    void shouldIgnoreAReleaseThatHasNotSeenEveryGrant() {
        long token = a.create(1, KEY);
        a.getOwn(2, KEY, 0);
        b.getOwn(1, KEY, 0);

        a.release(KEY, token, token);
        assertThat(b.owned).isEmpty();

        a.release(KEY, token, a.lastOwned().grant());
        assertThat(b.owned).hasSize(1);
    }

    @Test
    void shouldKeepAWriterThatReleasesWithoutHavingSeenEveryGrant() {
        long token = a.create(1, KEY);
        a.getOwn(2, KEY, 0);

        a.write(3, KEY, token, SessionProtocol.WRITE_RELEASE, token, 8);

        assertThat(a.lastWritten().token()).isEqualTo(token);
    }

    @Test
    void shouldLetAWriterReleaseThatHasSeenEveryGrant() {
        long token = a.create(1, KEY);
        a.getOwn(2, KEY, 0);

        a.write(3, KEY, token, SessionProtocol.WRITE_RELEASE, a.lastOwned().grant(), 8);

        assertThat(a.lastWritten().token()).isEqualTo(SessionProtocol.NO_TOKEN);
        assertThat(array.counter("ownership.rows")).isZero();
    }

    @Test
    void shouldNotGrantUnderALivingOwner() {
        a.create(1, KEY);
        b.getOwn(1, KEY, 0);

        array.pass(900, a, b);

        assertThat(b.owned).isEmpty();
    }

    @Test
    void shouldAnswerBusyWhenTheOwnerDoesNotLetGo() {
        a.create(1, KEY);
        b.getOwn(1, KEY, 0);

        array.pass(1_200, a, b);

        assertThat(b.lastOwned().status()).isEqualTo(OwnStatus.BUSY);
    }

    @Test
    void shouldLetTheOwnerKeepTheSessionOnceNobodyWaitsForItAnyMore() {
        a.create(1, KEY);
        b.getOwn(1, KEY, 0);
        array.pass(1_200, a, b);

        a.getOwn(2, KEY, 0);

        assertThat(b.lastOwned().status()).isEqualTo(OwnStatus.BUSY);
        assertThat(a.owned).extracting(ProcessorFixture.Owned::requestId).containsExactly(2L);
        assertThat(a.lastOwned().hints() & SessionProtocol.HINT_RECALLED).isZero();
    }

    @Test
    void shouldGrantTheOwnerWhatItWaitsForOnceNobodyElseDoes() {
        a.create(1, KEY);
        b.getOwn(1, KEY, 0);
        array.pass(500, a, b);
        a.getOwn(2, KEY, 0);
        assertThat(a.owned).isEmpty();

        array.pass(700, a, b);

        assertThat(b.lastOwned().status()).isEqualTo(OwnStatus.BUSY);
        assertThat(a.owned).extracting(ProcessorFixture.Owned::requestId).containsExactly(2L);
        assertThat(a.lastOwned().status()).isNotEqualTo(OwnStatus.BUSY);
    }

    @Test
    void shouldNotTakeTheSessionByAReleaseThatHasNotSeenTheGrantAfterItsRecall() {
        long token = a.create(1, KEY);
        b.getOwn(1, KEY, 0);
        array.pass(1_200, a, b);
        a.getOwn(2, KEY, 0);

        a.release(KEY, token, token);
        b.getOwn(2, KEY, 0);
        array.pass(100, a, b);

        assertThat(b.owned).extracting(ProcessorFixture.Owned::requestId).containsExactly(1L);
        a.release(KEY, token, a.lastOwned().grant());
        assertThat(b.lastOwned().status()).isEqualTo(OwnStatus.LOADED);
    }

    @Test
    void shouldAnswerBusyToAWaiterWhoseTimeIsOverWhenTheSessionComesFree() {
        long token = a.create(1, KEY);
        b.getOwn(1, KEY, 0);
        array.clock.advanceMs(1_500);
        a.renew();

        a.release(KEY, token, token);

        assertThat(b.lastOwned().status()).isEqualTo(OwnStatus.BUSY);
    }

    @Test
    void shouldSayARecallAgainAfterAWhileAndAfterANewConnection() {
        a.create(1, KEY);
        b.getOwn(1, KEY, 0);
        a.lose();
        a.connect();
        a.register();
        assertThat(a.recalls).hasSize(2);
    }

    @Test
    void shouldTakeTheSessionFromAnOwnerThatIsSilent() {
        a.create(1, KEY);
        b.getOwn(1, KEY, 0);

        array.pass(SessionProtocol.LEASE_GRACE_MS + 100, b);

        assertThat(b.lastOwned().status()).isEqualTo(OwnStatus.LOADED);
    }

    @Test
    void shouldAnswerEveryoneWhoWaitsForASessionThatIsRemoved() {
        long token = a.create(1, KEY);
        b.getOwn(1, KEY, 0);
        b.getOwn(2, KEY, 0);
        a.getOwn(9, KEY, 0);

        a.remove(3, KEY, token);

        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.COMMITTED);
        assertThat(b.owned).extracting(Owned::status).containsExactly(OwnStatus.ABSENT, OwnStatus.ABSENT);
        assertThat(a.lastOwned().status()).isEqualTo(OwnStatus.ABSENT);
        assertThat(array.counter("ownership.rows")).isZero();
    }

    @Test
    void shouldAnswerAllRequestsOfATomcatWhenTheSessionHasGoneMeanwhile() {
        long token = a.create(1, KEY);
        b.getOwn(1, KEY, 0);
        b.getOwn(2, KEY, 0);
        array.store.remove(KEY);

        a.release(KEY, token, token);

        assertThat(b.owned).extracting(Owned::requestId).containsExactlyInAnyOrder(1L, 2L);
        assertThat(b.owned).extracting(Owned::status).containsOnly(OwnStatus.ABSENT);
    }

    @Test
    void shouldKeepOwnerWaitersAndOldIdThroughARename() {
        long token = a.create(1, KEY);
        b.getOwn(1, KEY, 0);

        a.rename(2, KEY, NEW_KEY, token);
        a.write(3, KEY, token, 0, 1, 8);
        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.COMMITTED);
        a.release(KEY, token, token);

        assertThat(b.lastOwned().status()).isEqualTo(OwnStatus.LOADED);
    }

    @Test
    void shouldFindASessionThatWasRenamedThereAndBack() {
        long token = a.create(1, KEY);
        a.rename(2, KEY, NEW_KEY, token);
        a.rename(3, NEW_KEY, KEY, token);

        a.getOwn(4, KEY, 0);
        assertThat(a.lastOwned().status()).isEqualTo(OwnStatus.LOADED);
        a.getOwn(5, NEW_KEY, 0);
        assertThat(a.lastOwned().status()).isEqualTo(OwnStatus.LOADED);
    }

    @Test
    void shouldRefuseToRenameOntoAnotherSession() {
        long token = a.create(1, KEY);
        a.create(2, NEW_KEY);

        a.rename(3, KEY, NEW_KEY, token);

        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.EXISTS);
    }

    @Test
    void shouldRefuseASessionThatIsTooLargeButLetALargeOneBeReplaced() {
        long token = a.create(1, KEY);
        a.write(2, KEY, token, 0, 1, MAX_SESSION_BYTES);
        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.TOO_LARGE);

        a.write(3, KEY, token, 0, 1, MAX_SESSION_BYTES - 200);
        a.write(4, KEY, token, 0, 1, MAX_SESSION_BYTES - 200);

        assertThat(a.lastWritten().status()).isEqualTo(WriteStatus.COMMITTED);
    }

    @Test
    void shouldAskAStrangerAndAnOldEpochToRegister() {
        Tomcat c = array.tomcat(3);
        c.connect();
        c.getOwn(1, KEY, 0);
        assertThat(c.mustRegister).isEqualTo(1);

        a.write(1, EPOCH - 1, KEY, 0, SessionProtocol.WRITE_CREATE, 0, delta(8));
        assertThat(a.mustRegister).isEqualTo(1);
        assertThat(array.counter("requests.write")).isZero();
    }

    @Test
    void shouldForgetATomcatThatStaysAwayAndFreeWhatItOwned() {
        a.create(1, KEY);
        a.lose();

        array.pass(RECONNECT_WINDOW_MS + 200, b);
        b.getOwn(1, KEY, 0);

        assertThat(array.processor.clientStatus()).hasSize(1);
        assertThat(array.counter("ownership.rows")).isLessThanOrEqualTo(1);
    }

    @Test
    void shouldForgetATomcatWhoseConnectionRegisteredAsAnother() {
        Tomcat c = array.tomcat(3);
        ClientPort shared = c.port;
        Tomcat d = array.tomcat(4);
        d.port = shared;
        d.register();

        array.pass(RECONNECT_WINDOW_MS + 200, a, b, d);

        assertThat(array.processor.clientStatus()).hasSize(3);
    }

    @Test
    void shouldExpireAnIdleSessionAndTellOneTomcat() {
        long token = a.create(1, KEY);
        a.release(KEY, token, token);

        array.pass(64_000, a, b);

        assertThat(array.store.figures().sessions()).isZero();
        assertThat(a.expired.size() + b.expired.size()).isEqualTo(1);
        Tomcat told = a.expired.isEmpty() ? b : a;
        told.expiryDone(told.expired.get(0).jobId());
        assertThat(array.counter("expiry.pending-notices")).isZero();
    }

    @Test
    void shouldNotExpireASessionThatIsTouched() {
        long token = a.create(1, KEY);
        a.release(KEY, token, token);
        array.pass(50_000, a, b);

        a.touch(KEY);
        array.pass(20_000, a, b);

        assertThat(array.store.figures().sessions()).isEqualTo(1);
    }

    @Test
    void shouldAskTheOwnerOfAnExpiringSessionAgainUntilItAnswers() {
        a.create(1, KEY);

        array.pass(70_000, a, b);

        assertThat(a.recalls).hasSizeGreaterThan(2);
        assertThat(array.store.figures().sessions()).isEqualTo(1);
    }

    @Test
    void shouldExpireOthersWhileManySessionsStayInUse() {
        for (int i = 0; i < 300; i++) {
            a.create(i + 1, SessionKey.of("shop", "busy" + i));
        }
        array.pass(1_000, a, b);
        long token = b.create(1, KEY);
        b.release(KEY, token, token);

        array.pass(70_000, a, b);

        assertThat(array.store.read(KEY, new SessionRecord())).isFalse();
        assertThat(array.store.figures().sessions()).isEqualTo(300);
    }

    @Test
    void shouldGiveUpANoticeNobodyConfirms() {
        long token = a.create(1, KEY);
        a.release(KEY, token, token);
        array.pass(64_000, a, b);

        array.pass(11 * 60_000, a, b);

        assertThat(array.counter("expiry.pending-notices")).isZero();
    }

    @Test
    void shouldDropHostileMessagesAndGoOn() {
        a.create(1, KEY);
        Random random = new Random(1);
        ExpandableArrayBuffer out = new ExpandableArrayBuffer();
        for (int i = 0; i < 20_000; i++) {
            int length = new ClientRequestPublisher()
                    .write(
                            out,
                            EPOCH,
                            random.nextInt(50),
                            1,
                            0,
                            random.nextInt(4),
                            1,
                            0,
                            KEY,
                            delta(8).buffer(),
                            0,
                            41);
            byte[] bytes = new byte[length];
            out.getBytes(0, bytes);
            int spoiled = random.nextInt(3);
            for (int j = 0; j < spoiled; j++) {
                bytes[random.nextInt(length)] = (byte) random.nextInt();
            }
            bytes[2] = (byte) (1 + random.nextInt(10));
            new UnsafeBuffer(bytes).putLong(8, EPOCH, ByteOrder.LITTLE_ENDIAN);
            b.sendBytes(bytes);
        }

        assertThat(array.counter("requests.refused.malformed")).isPositive();
        a.getOwn(7, SessionKey.of("shop", "nobody's"), 0);
        assertThat(a.lastOwned().requestId()).isEqualTo(7);
    }

    private long version() {
        SessionRecord view = new SessionRecord();
        assertThat(array.store.read(KEY, view)).isTrue();
        return view.version();
    }
}

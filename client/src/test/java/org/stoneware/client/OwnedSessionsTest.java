package org.stoneware.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.SessionProtocol;

class OwnedSessionsTest {
    private static final SessionKey KEY = SessionKey.of("shop", "S1");
    private static final SessionKey NEW_KEY = SessionKey.of("shop", "S2");
    private static final long MS = 1_000_000L;
    private static final long TOKEN = 50;

    private final OwnedSessions owned = new OwnedSessions();

    @BeforeEach
    void register() {
        owned.onRenewed(0, 0);
    }

    @Test
    void shouldOpenWithoutTheServerWhileTheLeaseLasts() {
        grant(TOKEN, 1);
        owned.end(KEY, 0);

        assertThat(owned.tryOpen(KEY, 7, 399, 399 * MS)).isTrue();
        owned.end(KEY, 0);
        assertThat(owned.tryOpen(KEY, 7, SessionProtocol.LEASE_MS, SessionProtocol.LEASE_MS * MS))
                .isFalse();
        assertThat(owned.size()).isZero();
    }

    /** A suspended virtual machine: its monotonic clock stood still, and the session may be another Tomcat's since. */
    @Test
    void shouldAskTheArrayAfterASleepTheMonotonicClockDoesNotShow() {
        owned.clocks(0, 0);
        grant(TOKEN, 1);
        owned.end(KEY, 0);

        assertThat(owned.tryOpen(KEY, 7, 30_000, 5 * MS)).isFalse();
        assertThat(owned.sleeps()).isEqualTo(1);
    }

    @Test
    void shouldReviveNothingByARenewalSentBeforeASleep() {
        owned.clocks(0, 0);
        grant(TOKEN, 1);
        owned.end(KEY, 0);
        owned.clocks(30_000, 20 * MS);

        owned.onRenewed(10 * MS, 21 * MS);

        assertThat(owned.isLeaseValid(21 * MS)).isFalse();
        assertThat(owned.tryOpen(KEY, 7, 30_001, 21 * MS)).isFalse();
    }

    @Test
    void shouldOwnAgainAfterASleepWhatIsGrantedUnderTheNextLease() {
        owned.clocks(0, 0);
        owned.clocks(30_000, 20 * MS);
        owned.onRenewed(20 * MS, 21 * MS);

        owned.onGranted(KEY, TOKEN, 1, 7, 0, owned.generation(), 22 * MS);
        owned.end(KEY, 22 * MS);

        assertThat(owned.tryOpen(KEY, 7, 30_003, 23 * MS)).isTrue();
    }

    @Test
    void shouldReviveNothingByARenewalAfterTheLease() {
        grant(TOKEN, 1);
        owned.end(KEY, 0);

        owned.onRenewed(390 * MS, 500 * MS);

        assertThat(owned.tryOpen(KEY, 7, 510, 510 * MS)).isFalse();
    }

    @Test
    void shouldNotOwnWhatWasGrantedUnderALeaseThatBroke() {
        long sentGeneration = owned.generation();
        owned.onRenewed(500 * MS, 501 * MS);

        owned.onGranted(KEY, TOKEN, 1, 7, 0, sentGeneration, 502 * MS);

        assertThat(owned.tryOpen(KEY, 7, 503, 503 * MS)).isFalse();
        assertThat(owned.end(KEY, 503 * MS)).isNotNull();
    }

    @Test
    void shouldNotOwnWhatWasCreatedUnderALeaseThatBroke() {
        long sentGeneration = owned.generation();
        owned.create(KEY);
        owned.onRenewed(500 * MS, 501 * MS);

        owned.onWritten(KEY, 0, true, TOKEN, 7, 0, false, sentGeneration, 502 * MS);

        assertThat(owned.tryOpen(KEY, 7, 503, 503 * MS)).isFalse();
    }

    @Test
    void shouldNotOwnByTheNextLeaseWhatWasCreatedUnderNone() {
        owned.forgetIfLapsed(450 * MS);
        owned.create(KEY);
        owned.onWritten(KEY, 0, true, TOKEN, 7, 0, false, owned.generation(), 460 * MS);
        owned.end(KEY, 461 * MS);

        owned.onRenewed(470 * MS, 480 * MS);

        assertThat(owned.tryOpen(KEY, 7, 481, 481 * MS)).isFalse();
    }

    @Test
    void shouldNotNameByTheNextLeaseWhatWasGrantedUnderNone() {
        owned.forgetIfLapsed(450 * MS);
        owned.onGranted(KEY, TOKEN, 1, 7, 0, owned.generation(), 460 * MS);

        owned.onRenewed(470 * MS, 480 * MS);

        assertThat(named(481)).isEmpty();
    }

    @Test
    void shouldFenceARequestThatLostItsTokenEvenWhenALaterOneEndsFirst() {
        grant(TOKEN, 1);
        grant(TOKEN + 1, 1);

        owned.end(KEY, 0);

        assertThat(owned.entry(KEY).fencedUses).isEqualTo(1);
    }

    @Test
    void shouldFenceTheOtherRequestsWhenOneIsToldTheTokenIsLost() {
        grant(TOKEN, 1);
        grant(TOKEN, 2);

        owned.onWritten(KEY, TOKEN, false, SessionProtocol.NO_TOKEN, 0, 0, false, owned.generation(), 0);
        grant(TOKEN + 1, 1);

        assertThat(owned.entry(KEY).fencedUses).isEqualTo(2);
    }

    @Test
    void shouldReleaseWithTheLastGrantSeenWhenRecalledInUse() {
        grant(TOKEN, 3);

        assertThat(owned.onRecall(KEY, TOKEN, 4)).isFalse();
        OwnedSession freed = owned.end(KEY, 0);

        assertThat(freed.token()).isEqualTo(TOKEN);
        assertThat(freed.grant()).isEqualTo(4);
    }

    @Test
    void shouldLetGoOfATokenItNeverSawOrHasGivenUp() {
        assertThat(owned.onRecall(KEY, TOKEN, 1)).isTrue();
        grant(TOKEN, 1);
        assertThat(owned.onRecall(KEY, TOKEN + 1, 1)).isTrue();
        assertThat(owned.entry(KEY).token).isEqualTo(TOKEN);
    }

    @Test
    void shouldNotGiveBackASessionOthersUseUnderTheSameToken() {
        grant(TOKEN, 1);

        assertThat(owned.onUnwantedGrant(KEY, TOKEN, 2)).isFalse();

        assertThat(owned.entry(KEY).grant).isEqualTo(2);
    }

    @Test
    void shouldGiveUpAContestedSessionWithTheLastWriteOfItsOnlyRequest() {
        owned.onGranted(KEY, TOKEN, 1, 7, SessionProtocol.HINT_CONTESTED, owned.generation(), 0);
        OwnedEntry entry = owned.entry(KEY);

        assertThat(owned.releasesWithWrite(entry, false)).isFalse();
        assertThat(owned.releasesWithWrite(entry, true)).isTrue();
    }

    /** A change sent again, whose session somebody else has changed meanwhile, is answered so. */
    @Test
    void shouldFenceAUseWhoseChangeInItsMiddleIsAnsweredWithoutAToken() {
        grant(TOKEN, 1);
        owned.onWritten(KEY, TOKEN, true, SessionProtocol.NO_TOKEN, 8, 0, true, owned.generation(), 0);

        owned.onGranted(KEY, TOKEN + 1, 1, 9, 0, owned.generation(), 0);

        assertThat(owned.entry(KEY).fencedUses).isEqualTo(1);
        assertThat(owned.tryOpen(KEY, 9, 0, 0)).isFalse();
    }

    @Test
    void shouldKeepAContestedSessionThatRestsUntilSomebodyAsksForIt() {
        owned.onGranted(KEY, TOKEN, 1, 7, SessionProtocol.HINT_CONTESTED, owned.generation(), 0);

        assertThat(owned.end(KEY, 0, OwnedSessions.Ending.RESTING)).isNull();
        assertThat(owned.tryOpen(KEY, 7, 0, 0)).isTrue();
        assertThat(owned.end(KEY, 0, OwnedSessions.Ending.RESTING)).isNull();

        assertThat(owned.onRecall(KEY, TOKEN, 1)).isTrue();
    }

    @Test
    void shouldGiveBackASessionThatRestsWhenSomebodyHasAskedForIt() {
        grant(TOKEN, 1);
        assertThat(owned.onRecall(KEY, TOKEN, 1)).isFalse();

        assertThat(owned.end(KEY, 0, OwnedSessions.Ending.RESTING)).isNotNull();
    }

    @Test
    void shouldAskTheServerAfterAnUnknownOutcome() {
        grant(TOKEN, 1);

        owned.onUnknown(KEY);

        assertThat(owned.tryOpen(KEY, 7, 0, 0)).isFalse();
    }

    @Test
    void shouldCallNoCopyTheNewestAfterAnUnknownOutcome() {
        grant(TOKEN, 1);
        boolean wasNewest = owned.entry(KEY).isNewest(7);

        owned.onUnknown(KEY);

        assertThat(wasNewest).isTrue();
        assertThat(owned.entry(KEY).isNewest(7)).isFalse();
    }

    @Test
    void shouldCallACopyTheNewestNoMoreThatAnotherOnesChangeHasPassed() {
        grant(TOKEN, 1);

        owned.onWritten(KEY, TOKEN, true, TOKEN, 8, 0, false, owned.generation(), 0);

        assertThat(owned.entry(KEY).isNewest(7)).isFalse();
        assertThat(owned.entry(KEY).isNewest(8)).isTrue();
    }

    @Test
    void shouldShareASessionInUseHoweverMuchOthersWantIt() {
        grant(TOKEN, 1);
        owned.onRecall(KEY, TOKEN, 1);

        assertThat(owned.share(KEY)).isTrue();
        assertThat(owned.end(KEY, 0)).isNull();
        assertThat(owned.end(KEY, 0)).isNotNull();
    }

    @Test
    void shouldNotShareWhatIsNotInUseOrLost() {
        assertThat(owned.share(KEY)).isFalse();
        grant(TOKEN, 1);
        owned.end(KEY, 0);
        assertThat(owned.share(KEY)).isFalse();
        grant(TOKEN, 2);
        grant(TOKEN + 1, 1);
        assertThat(owned.share(KEY)).isFalse();
    }

    @Test
    void shouldNotShareWhatAWriteUnderWayGivesUp() {
        grant(TOKEN, 1);
        owned.beginRelease(owned.entry(KEY));

        boolean isShared = owned.share(KEY);
        owned.onWritten(KEY, TOKEN, true, SessionProtocol.NO_TOKEN, 8, 0, false, owned.generation(), 0);

        assertThat(isShared).isFalse();
        assertThat(owned.entry(KEY).fencedUses).isZero();
        assertThat(owned.end(KEY, 0)).isNull();
    }

    /** Whose last byte a slow browser is yet to take. */
    @Test
    void shouldGiveBackASessionThatOnlyAUseThatGaveItUpStillHas() {
        giveUpInUse();
        grant(TOKEN + 1, 1);

        owned.end(KEY, 0);

        assertThat(owned.onRecall(KEY, TOKEN + 1, 1)).isTrue();
    }

    @Test
    void shouldGiveBackARecalledSessionWithItsLastUseButThoseThatGaveItUp() {
        giveUpInUse();
        grant(TOKEN + 1, 1);
        boolean isFreeWhileUsed = owned.onRecall(KEY, TOKEN + 1, 2);

        OwnedSession freed = owned.end(KEY, 0);

        assertThat(isFreeWhileUsed).isFalse();
        assertThat(freed.token()).isEqualTo(TOKEN + 1);
        assertThat(freed.grant()).isEqualTo(2);
        assertThat(owned.tryOpen(KEY, 7, 0, 0)).isFalse();
        assertThat(named(0)).isEmpty();
        assertThat(owned.end(KEY, 0, OwnedSessions.Ending.GIVEN_UP)).isNull();
        assertThat(owned.size()).isZero();
    }

    @Test
    void shouldKeepASessionInUseWhenAUseEndsThatGaveItUpBefore() {
        giveUpInUse();
        grant(TOKEN + 1, 1);

        OwnedSession freed = owned.end(KEY, 0, OwnedSessions.Ending.GIVEN_UP);

        assertThat(freed).isNull();
        assertThat(owned.onRecall(KEY, TOKEN + 1, 1)).isFalse();
        assertThat(owned.end(KEY, 0)).isNotNull();
    }

    @Test
    void shouldOwnASessionGrantedAgainThatOnlyAUseThatGaveItUpStillHas() {
        giveUpInUse();
        grant(TOKEN + 1, 1);
        owned.end(KEY, 0);

        assertThat(owned.tryOpen(KEY, 7, 0, 0)).isTrue();
        owned.end(KEY, 0);
        assertThat(owned.end(KEY, 0, OwnedSessions.Ending.GIVEN_UP)).isNull();
        assertThat(owned.tryOpen(KEY, 7, 0, 0)).isTrue();
    }

    @Test
    void shouldGiveBackAnUnwantedGrantOfASessionItHasJustGivenBack() {
        giveUpInUse();
        grant(TOKEN + 1, 1);
        owned.end(KEY, 0);
        owned.onRecall(KEY, TOKEN + 1, 1);

        assertThat(owned.onUnwantedGrant(KEY, TOKEN + 1, 2)).isTrue();
    }

    @Test
    void shouldEndUsesThatBeganUnderTheKeyBeforeARename() {
        grant(TOKEN, 1);
        grant(TOKEN, 2);

        owned.renamed(KEY, NEW_KEY, 8);
        owned.end(NEW_KEY, 0);
        boolean isFreeWhileUsed = owned.onRecall(NEW_KEY, TOKEN, 2);
        OwnedSession freed = owned.end(KEY, 0);

        assertThat(isFreeWhileUsed).isFalse();
        assertThat(freed).isNotNull();
        assertThat(owned.size()).isZero();
        assertThat(owned.resolve(KEY)).isEqualTo(KEY);
    }

    @Test
    void shouldNotCreateWhatIsInUse() {
        assertThat(owned.create(KEY)).isTrue();

        assertThat(owned.create(KEY)).isFalse();

        assertThat(owned.entry(KEY).uses).isEqualTo(1);
    }

    @Test
    void shouldCreateAnewUnderTheKeyOfARemovedSessionWhoseRequestStillRuns() {
        grant(TOKEN, 1);
        owned.removed(KEY);

        assertThat(owned.create(KEY)).isTrue();
        owned.end(KEY, 0, OwnedSessions.Ending.GIVEN_UP);

        assertThat(owned.entry(KEY).uses).isEqualTo(1);
        assertThat(owned.entry(KEY).isNew).isTrue();
    }

    @Test
    void shouldFollowASessionRenamedTwice() {
        grant(TOKEN, 1);

        owned.renamed(KEY, SessionKey.of("shop", "between"), 8);
        owned.renamed(KEY, NEW_KEY, 9);

        assertThat(owned.resolve(KEY)).isEqualTo(NEW_KEY);
        assertThat(owned.resolve(SessionKey.of("shop", "between"))).isEqualTo(NEW_KEY);
        assertThat(owned.entry(KEY).version).isEqualTo(9);
    }

    /** A use whose last write gives the session up, and that is yet to end. */
    private void giveUpInUse() {
        grant(TOKEN, 1);
        owned.beginRelease(owned.entry(KEY));
        owned.onWritten(KEY, TOKEN, true, SessionProtocol.NO_TOKEN, 8, 0, false, owned.generation(), 0);
    }

    private void grant(long token, long grant) {
        owned.onGranted(KEY, token, grant, 7, 0, owned.generation(), 0);
    }

    /** Others may have heard already that it has ended. */
    @Test
    void shouldBeginNoUseOfASessionThatIsBeingRemovedThoughAGrantComesMeanwhile() {
        grant(TOKEN, 1);
        owned.beginRemoval(owned.entry(KEY));
        grant(TOKEN, 2);

        assertThat(owned.tryOpen(KEY, 7, 1, MS)).isFalse();
        assertThat(owned.share(KEY)).isFalse();
    }

    @Test
    void shouldNameTheGrantThatWasSeenWhenTheUseEnded() {
        giveUpInUse();
        grant(TOKEN, 2);
        owned.onRecall(KEY, TOKEN, 2);
        OwnedSession freed = owned.end(KEY, 0);

        grant(TOKEN, 3);

        assertThat(freed).isNotNull();
        assertThat(freed.grant()).isEqualTo(2);
    }

    @Test
    void shouldOwnNothingOfSessionsGivenBack() {
        for (int i = 0; i < 1_000; i++) {
            SessionKey key = SessionKey.of("shop", "S" + i);
            owned.create(key);
            owned.onWritten(key, 0, true, TOKEN + i, 1, 0, false, owned.generation(), MS);
            owned.end(key, MS);

            assertThat(owned.takeIdle(key).token()).isEqualTo(TOKEN + i);
        }

        assertThat(owned.size()).isZero();
    }

    @Test
    void shouldNotGiveBackWhatIsInUse() {
        grant(TOKEN, 1);

        assertThat(owned.isUsed(KEY)).isTrue();
        assertThat(owned.takeIdle(KEY)).isNull();
        assertThat(owned.size()).isEqualTo(1);
    }

    @Test
    void shouldOwnASessionAgainThatIsGrantedAfterItWasGivenBack() {
        grant(TOKEN, 1);
        owned.end(KEY, 0);
        OwnedSession givenBack = owned.takeIdle(KEY);

        grant(TOKEN, 2);
        owned.end(KEY, 0);

        assertThat(givenBack.grant()).isEqualTo(1);
        assertThat(owned.tryOpen(KEY, 7, 1, MS)).isTrue();
    }

    /** What a registration in a new epoch would name. */
    private List<OwnedSession> named(long ms) {
        return new Naming(owned, new CopyVersions(), 10, 10).begin(ms * MS);
    }
}

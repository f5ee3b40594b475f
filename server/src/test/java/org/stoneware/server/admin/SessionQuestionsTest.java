package org.stoneware.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.SessionAdmin.Bucket;
import org.stoneware.api.cluster.SessionAdmin.InvalidateOutcome;
import org.stoneware.api.cluster.SessionAdmin.InvalidateOutcome.Status;
import org.stoneware.api.cluster.SessionAdmin.SessionDetails;
import org.stoneware.api.cluster.SessionAdmin.SessionLook;
import org.stoneware.api.cluster.SessionAdmin.SessionPage;
import org.stoneware.api.cluster.SessionAdmin.SessionQuery;
import org.stoneware.api.cluster.SessionAdmin.SessionStats;
import org.stoneware.api.cluster.SessionAdmin.SessionSummary;
import org.stoneware.api.cluster.SessionAdminException;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.role.SessionGeneration;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.ReferenceDisk;
import org.stoneware.testkit.storage.ReferenceDurableStore;

class SessionQuestionsTest {
    private static final byte[] TEXT = {1, 'h', 'i'};
    private static final SessionKey S1 = SessionKey.of("localhost/shop", "S1");

    private final QuestionFixture server = new QuestionFixture();

    @Test
    void shouldNameEverySessionOnceInOrderPageByPage() {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            server.put(i % 2 == 0 ? "localhost/a" : "localhost/b", "S" + i, TEXT);
            expected.add((i % 2 == 0 ? "localhost/a" : "localhost/b") + " S" + i);
        }
        expected.sort(null);

        List<String> seen = new ArrayList<>();
        String cursor = "";
        do {
            SessionPage page = list(new SessionQuery("", "", 77, cursor));
            assertThat(page.sessions()).hasSizeLessThanOrEqualTo(77);
            page.sessions().forEach(each -> seen.add(each.application() + " " + each.id()));
            cursor = page.next();
        } while (!cursor.isEmpty());

        assertThat(seen).isEqualTo(expected);
    }

    @Test
    void shouldNameOnlyWhatIsAskedFor() {
        server.put("localhost/a", "AB1", TEXT);
        server.put("localhost/a", "AC2", TEXT);
        server.put("localhost/b", "AB3", TEXT);

        assertThat(list(new SessionQuery("localhost/a", "AB", 10, "")).sessions())
                .extracting(SessionSummary::id)
                .containsExactly("AB1");
        assertThat(list(new SessionQuery("", "AB", 2, "")).next()).isEmpty();
    }

    @Test
    void shouldLookAtAFewSessionsInEachCycleAndAnswerAllWhoAsk() {
        for (int i = 0; i < 10_000; i++) {
            server.put("localhost/shop", "S" + i, TEXT);
        }
        List<CompletableFuture<SessionStats>> answers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            answers.add(new CompletableFuture<>());
            server.questions.stats("", answers.get(i));
        }

        int most = 0;
        for (int i = 0; i < 1_000 && !answers.stream().allMatch(CompletableFuture::isDone); i++) {
            most = Math.max(most, server.cycle());
        }

        assertThat(most).isLessThanOrEqualTo(SessionQuestions.RECORDS_A_CYCLE + 5);
        assertThat(answers)
                .allSatisfy(each -> assertThat(each.join().sessions()).isEqualTo(10_000));
        assertThat(server.cycle()).isZero();
    }

    @Test
    void shouldSayWhenTheCopyWasReplacedWhileItWasRead() {
        for (int i = 0; i < 1_000; i++) {
            server.put("localhost/shop", "S" + i, TEXT);
        }
        CompletableFuture<SessionPage> answer = new CompletableFuture<>();
        server.questions.list(new SessionQuery("", "", 10, ""), answer);
        server.cycle();

        server.generation.discard();
        server.generation = QuestionFixture.newGeneration();
        server.cycle();

        assertThat(answer).isCompletedExceptionally();
        assertThat(failure(answer)).isInstanceOf(SessionAdminException.class).hasMessageContaining("ask again");
    }

    @Test
    void shouldShowASessionWithoutItsValues() {
        QuestionFixture.Tomcat tomcat = server.new Tomcat();
        tomcat.create(S1);

        SessionLook look = show(S1);

        SessionDetails details = look.details();
        assertThat(look.server()).isEqualTo("Server1");
        assertThat(details.owner()).isEqualTo("Tomcat A");
        assertThat(details.lastWriter()).isEqualTo("Tomcat A");
        assertThat(details.isCommitted()).isTrue();
        assertThat(details.epoch()).isEqualTo(QuestionFixture.EPOCH);
        assertThat(details.summary().maxInactiveIntervalSec()).isEqualTo(60);
    }

    @Test
    void shouldShowNameSizeAndClassOfAttributes() {
        server.put("localhost/shop", "S2", TEXT);

        assertThat(show(SessionKey.of("localhost/shop", "S2")).details().attributes())
                .singleElement()
                .satisfies(each -> {
                    assertThat(each.name()).isEqualTo("cart");
                    assertThat(each.valueBytes()).isEqualTo(3);
                    assertThat(each.className()).isEqualTo("java.lang.String");
                });
    }

    @Test
    void shouldShowNothingOfASessionItDoesNotHold() {
        assertThat(show(S1).details()).isNull();
    }

    @Test
    void shouldCountByApplicationAndSize() {
        server.put("localhost/a", "S1", new byte[10]);
        server.put("localhost/b", "S2", new byte[2_000]);
        server.put("localhost/b", "S3", new byte[2_000]);

        SessionStats stats = server.answer(server.questions::stats, "");

        assertThat(stats.sessions()).isEqualTo(3);
        assertThat(stats.applications().get(0).application()).isEqualTo("localhost/b");
        assertThat(stats.sizes()).startsWith(new Bucket(1_024, 1), new Bucket(4_096, 2));
        assertThat(stats.largestBytes()).isBetween(2_000L, 2_200L);
    }

    @Test
    void shouldEndASessionNobodyUsesAndTellItsApplication() {
        QuestionFixture.Tomcat tomcat = server.new Tomcat();
        server.put("localhost/shop", "S1", TEXT);

        InvalidateOutcome outcome = invalidate(S1);
        server.clock.advanceMs(1_000);
        tomcat.live();
        server.cycle();

        assertThat(outcome.status()).isEqualTo(Status.DONE);
        assertThat(server.holds("localhost/shop", "S1")).isFalse();
        assertThat(tomcat.expired).containsExactly(S1);
        assertThat(server.notes).singleElement().asString().contains("S1", "an operator");
    }

    @Test
    void shouldAskTheOwnerToGiveTheSessionUpFirst() {
        QuestionFixture.Tomcat tomcat = server.new Tomcat();
        tomcat.create(S1);
        CompletableFuture<InvalidateOutcome> answer = new CompletableFuture<>();
        server.questions.invalidate(S1, "an operator", answer);
        server.cycle();
        assertThat(server.holds("localhost/shop", "S1")).isTrue();

        for (int i = 0; i < 20 && !answer.isDone(); i++) {
            tomcat.live();
            server.cycle();
        }

        assertThat(tomcat.recalls).isPositive();
        assertThat(answer.join().status()).isEqualTo(Status.DONE);
        assertThat(server.holds("localhost/shop", "S1")).isFalse();
    }

    @Test
    void shouldLeaveASessionToAnOwnerThatDoesNotGiveItUp() {
        QuestionFixture.Tomcat tomcat = server.new Tomcat();
        tomcat.isYielding = false;
        tomcat.create(S1);
        CompletableFuture<InvalidateOutcome> answer = new CompletableFuture<>();
        server.questions.invalidate(S1, "an operator", answer);

        for (int i = 0; i < 2_000 && !answer.isDone(); i++) {
            tomcat.live();
            server.cycle();
        }

        assertThat(answer.join().status()).isEqualTo(Status.IN_USE);
        assertThat(answer.join().reason()).contains("Tomcat A");
        assertThat(server.holds("localhost/shop", "S1")).isTrue();
    }

    @Test
    void shouldSayThatThereIsNoSuchSession() {
        assertThat(invalidate(S1).status()).isEqualTo(Status.ABSENT);
    }

    @Test
    void shouldEndNothingOnAPassiveAndNameTheActive() {
        server.put("localhost/shop", "S1", TEXT);
        server.processor = null;
        server.role = ServerRole.PASSIVE_STANDBY;
        server.active = "Server2";

        InvalidateOutcome one = invalidate(S1);
        InvalidateOutcome all = invalidateAll("localhost/shop");

        assertThat(one.status()).isEqualTo(Status.NOT_ACTIVE);
        assertThat(one.reason()).contains("PASSIVE-STANDBY", "ask the active Server2");
        assertThat(all.status()).isEqualTo(Status.NOT_ACTIVE);
        assertThat(server.holds("localhost/shop", "S1")).isTrue();
    }

    @Test
    void shouldEndEverySessionOfAnApplicationAndNoOther() {
        for (int i = 0; i < 2_000; i++) {
            server.put("localhost/shop", "S" + i, TEXT);
            server.put("localhost/admin", "S" + i, TEXT);
        }

        InvalidateOutcome outcome = invalidateAll("localhost/shop");

        assertThat(outcome.status()).isEqualTo(Status.DONE);
        assertThat(outcome.ended()).isEqualTo(2_000);
        assertThat(server.generation.store().figures().sessions()).isEqualTo(2_000);
        assertThat(list(new SessionQuery("localhost/shop", "", 1, "")).sessions())
                .isEmpty();
    }

    @Test
    void shouldEndOnlySessionsWhoseTimeIsOverWhenSwept() {
        server.put("localhost/shop", "old", TEXT);
        server.clock.advanceMs(700_000);
        server.put("localhost/shop", "new", TEXT);

        InvalidateOutcome outcome = server.<InvalidateOutcome>answer(
                        answer -> server.questions.sweep("an operator", answer))
                .join();

        assertThat(outcome.ended()).isEqualTo(1);
        assertThat(server.holds("localhost/shop", "old")).isFalse();
        assertThat(server.holds("localhost/shop", "new")).isTrue();
    }

    @Test
    void shouldGiveUpInTheMiddleWhenItIsNotTheActiveAnyMore() {
        QuestionFixture.Tomcat tomcat = server.new Tomcat();
        tomcat.isYielding = false;
        tomcat.create(S1);
        CompletableFuture<InvalidateOutcome> answer = new CompletableFuture<>();
        server.questions.invalidate(S1, "an operator", answer);
        server.cycle();

        server.processor = server.newProcessor();
        server.cycle();

        assertThat(answer.join().status()).isEqualTo(Status.NOT_ACTIVE);
        assertThat(answer.join().reason()).contains("in the middle");
    }

    @Test
    void shouldEndQuestionsWithoutAnAnswerWhenItStops() {
        CompletableFuture<SessionPage> answer = new CompletableFuture<>();
        server.questions.list(new SessionQuery("", "", 10, ""), answer);

        server.questions.close("stops");

        assertThat(failure(answer)).hasMessage("stops");
    }

    @Test
    void shouldSayNothingOfASessionOnItsWayBackWhoseLastChangeIsNotCommitted() {
        // Its disk takes what is there at first, and then nothing any more.
        server.generation = new SessionGeneration(
                new ReferenceDurableStore(
                        new StoreContext(Path.of(""), 16 << 20, 1 << 16, line -> {}),
                        new ReferenceDisk(),
                        new ReferenceDurableStore.Pace(Integer.MAX_VALUE, 1, 16)),
                () -> {});
        server.processor = server.newProcessor();
        QuestionFixture.Tomcat tomcat = server.new Tomcat();
        server.generation.store().doWork(0);
        server.cycle();
        RecordBatch saved = saved();
        tomcat.create(S1);
        assertThat(server.holds("localhost/shop", "S1")).isTrue();
        CompletableFuture<AdoptionAnswer> answer = adopt(saved, true);

        for (int i = 0; i < 300; i++) {
            server.questions.doWork(server.clock.nowNs());
        }
        boolean isAnsweredEarly = answer.isDone();
        server.clock.advanceMs(11_000);
        server.questions.doWork(server.clock.nowNs());

        assertThat(isAnsweredEarly).isFalse();
        assertThat(answer)
                .isCompletedWithValueMatching(each -> each.counts().inUse() == 0
                        && each.counts().refused() == 1
                        && each.trouble().contains("could not take sessions for 10 s"));
    }

    @Test
    void shouldReportASessionItsTomcatDoesNotGiveUpAsInUse() {
        QuestionFixture.Tomcat tomcat = server.new Tomcat();
        tomcat.isYielding = false;
        RecordBatch saved = saved();
        tomcat.create(S1);
        server.cycle();
        CompletableFuture<AdoptionAnswer> answer = adopt(saved, true);

        for (int i = 0; i < 1_200 && !answer.isDone(); i++) {
            tomcat.live();
            server.cycle();
        }

        assertThat(tomcat.recalls).isPositive();
        assertThat(answer)
                .isCompletedWithValueMatching(
                        each -> each.counts().inUse() == 1 && each.trouble().isEmpty());
    }

    /** S1 as it was; the copy here is another one by now. */
    private RecordBatch saved() {
        QuestionFixture other = new QuestionFixture();
        other.put("localhost/shop", "S1", TEXT);
        SessionRecord record = new SessionRecord();
        assertThat(other.generation.store().read(S1, record)).isTrue();
        RecordBatch batch = new RecordBatch();
        batch.add(record);
        return batch;
    }

    private CompletableFuture<AdoptionAnswer> adopt(RecordBatch batch, boolean replaces) {
        CompletableFuture<AdoptionAnswer> answer = new CompletableFuture<>();
        long nowMs = server.wallMs();
        server.questions.adopt(batch, new AdoptionTerms(replaces, false, nowMs, nowMs), answer);
        return answer;
    }

    private static Throwable failure(CompletableFuture<?> answer) {
        return answer.handle((value, failure) -> failure).join();
    }

    private SessionPage list(SessionQuery query) {
        return server.answer(server.questions::list, query);
    }

    private SessionLook show(SessionKey key) {
        return server.answer(server.questions::show, key);
    }

    private InvalidateOutcome invalidate(SessionKey key) {
        return server.<InvalidateOutcome>answer(answer -> server.questions.invalidate(key, "an operator", answer))
                .join();
    }

    private InvalidateOutcome invalidateAll(String application) {
        return server.<InvalidateOutcome>answer(
                        answer -> server.questions.invalidateAll(application, "an operator", answer))
                .join();
    }
}

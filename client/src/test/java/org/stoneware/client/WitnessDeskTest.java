package org.stoneware.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.wire.witness.WitnessAdapter;
import org.stoneware.wire.witness.WitnessListener;
import org.stoneware.wire.witness.WitnessPublisher;

class WitnessDeskTest {
    private static final long MS = 1_000_000L;
    private static final long QUESTION = 77;
    private static final long PROCESS = 11;

    private final ScriptedLiveness.Link asker = new ScriptedLiveness.Link();
    private final ScriptedLiveness.Link subject = new ScriptedLiveness.Link();
    private final Scene scene = new Scene();
    private final WitnessDesk desk = new WitnessDesk(scene);
    private final WitnessPublisher messages = new WitnessPublisher();
    private final UnsafeBuffer out = new UnsafeBuffer(new byte[512]);
    private long nowNs = 1_000 * MS;

    @Test
    void shouldSayHeardWhenTheProbeIsAnswered() {
        ask(PROCESS);

        answerProbe(PROCESS, 3);

        assertThat(said(asker)).containsExactly("answer 77 true");
    }

    @Test
    void shouldSayNotHeardWhenTheProbeIsNotAnsweredInTime() {
        ask(PROCESS);

        pass(59);
        assertThat(said(asker)).isEmpty();
        pass(1);
        assertThat(said(asker)).containsExactly("probe 2");
        answerControl(2);

        assertThat(said(asker)).containsExactly("probe 2", "answer 77 false");
    }

    @Test
    void shouldGiveAServerFourTimesWhatTheAnswerOfTheAskingServerTakes() {
        ask(PROCESS);

        pass(60);
        nowNs += 50 * MS;
        answerControl(2);
        pass(89);
        assertThat(said(asker)).containsExactly("probe 2");
        pass(1);
        nowNs += 50 * MS;
        answerControl(3);

        assertThat(said(asker)).containsExactly("probe 2", "probe 3", "answer 77 false");
    }

    @Test
    void shouldSayNothingWhileNotEvenTheAskingServerAnswers() {
        ask(PROCESS);

        pass(60);
        pass(5_000);

        assertThat(said(asker)).containsExactly("probe 2");
    }

    @Test
    void shouldHaveNothingToDoForAServerThatIsGoneAndForgetItsQuestion() {
        ask(PROCESS);
        asker.isClosed = true;

        nowNs += 5_000 * MS;
        int work = desk.doWork(nowNs);
        nowNs += 6_000 * MS;
        desk.doWork(nowNs);
        hear(messages.probeAnswer(out, 1, PROCESS, 3), subject);

        assertThat(work).isZero();
        assertThat(said(asker)).containsExactly("probe 2");
    }

    @Test
    void shouldSayHeardWhenTheAnswerComesAfterTheNextQuestion() {
        ask(PROCESS);
        pass(100);
        hear(messages.question(out, QUESTION + 1, "Server2", PROCESS), asker);
        desk.doWork(nowNs);

        hear(messages.probeAnswer(out, 1, PROCESS, 3), subject);

        assertThat(said(subject)).containsExactly("probe 1");
        assertThat(said(asker)).containsExactly("probe 2", "answer 78 true");
    }

    @Test
    void shouldSayHeardAlsoAfterItHasSaidNotHeard() {
        ask(PROCESS);
        passUnheard(2);

        hear(messages.probeAnswer(out, 1, PROCESS, 3), subject);

        assertThat(said(asker)).containsExactly("probe 2", "answer 77 false", "answer 77 true");
    }

    @Test
    void shouldSayNotHeardWhenANewProcessAnswers() {
        ask(PROCESS);

        answerProbe(PROCESS + 1, 3);

        assertThat(said(asker)).containsExactly("answer 77 false");
    }

    @Test
    void shouldSayBeforeItsAnswerWhatTheServerItHearsHasToldItOfItself() {
        scene.standing = new WitnessDesk.Standing(PROCESS, ServerRole.ACTIVE_COORDINATOR, 6);
        ask(PROCESS);

        answerProbe(PROCESS, 3);

        assertThat(said(asker)).containsExactly("role 77 11 ACTIVE_COORDINATOR 6", "answer 77 true");
    }

    @Test
    void shouldSayWhatAnotherProcessIsThatAnswers() {
        scene.standing = new WitnessDesk.Standing(PROCESS + 1, ServerRole.ACTIVE_COORDINATOR, 7);
        ask(PROCESS);

        answerProbe(PROCESS + 1, 3);

        assertThat(said(asker)).containsExactly("role 77 12 ACTIVE_COORDINATOR 7", "answer 77 false");
    }

    /** It was told by a process before, or its agent does nothing for anybody, or it has not answered at all. */
    @Test
    void shouldNotSayWhatTheServerWasBefore() {
        scene.standing = new WitnessDesk.Standing(PROCESS, ServerRole.ACTIVE_COORDINATOR, 6);
        ask(PROCESS);
        passUnheard(2);
        assertThat(said(asker)).containsExactly("probe 2", "answer 77 false");

        scene.standing = new WitnessDesk.Standing(PROCESS - 1, ServerRole.ACTIVE_COORDINATOR, 5);
        hear(messages.probeAnswer(out, 1, PROCESS, 3), subject);

        assertThat(said(asker)).containsExactly("probe 2", "answer 77 false", "answer 77 true");
    }

    @Test
    void shouldNotSayWhatAServerIsWhoseAgentHangs() {
        scene.standing = new WitnessDesk.Standing(PROCESS, ServerRole.ACTIVE_COORDINATOR, 6);
        ask(PROCESS);

        answerProbe(PROCESS, 5_000);

        assertThat(said(asker)).containsExactly("answer 77 false");
    }

    @Test
    void shouldSayNotHeardWhenTheAgentHangs() {
        ask(PROCESS);

        answerProbe(PROCESS, 5_000);

        assertThat(said(asker)).containsExactly("answer 77 false");
    }

    @Test
    void shouldSayNotHeardAtOnceWhenNothingListensAnyMore() {
        scene.link = null;
        ask(PROCESS);
        assertThat(scene.reached).containsExactly("Server2");

        scene.refusedNs = nowNs;
        desk.doWork(nowNs);

        assertThat(said(asker)).containsExactly("answer 77 false");
    }

    @Test
    void shouldNotBelieveAnOldRefusal() {
        scene.link = null;
        scene.refusedNs = nowNs - 500 * MS;

        ask(PROCESS);

        assertThat(said(asker)).isEmpty();
        assertThat(scene.reached).containsExactly("Server2");
    }

    @Test
    void shouldProbeANewLinkWhenTheOldOneIsLost() {
        ask(PROCESS);
        ScriptedLiveness.Link later = new ScriptedLiveness.Link();
        scene.link = later;

        desk.doWork(nowNs);

        assertThat(said(later)).containsExactly("probe 2");
    }

    @Test
    void shouldSayWhatTheServerAskedAboutHasSaidLastOfBeingAlone() {
        hear(messages.soloNotice(out, PROCESS, true), subject);
        ask(PROCESS);
        passUnheard(2);
        hear(messages.soloNotice(out, PROCESS, false), subject);
        ask(PROCESS);
        passUnheard(4);

        assertThat(said(asker)).containsExactly("probe 2", "answer 77 false solo", "probe 4", "answer 77 false");
    }

    @Test
    void shouldAnswerOnlyTheNewestQuestionOfAServer() {
        ask(PROCESS);
        hear(messages.question(out, QUESTION + 1, "Server2", PROCESS), asker);

        passUnheard(2);

        assertThat(said(asker)).containsExactly("probe 2", "answer 78 false");
    }

    @Test
    void shouldCountWhatIsNoMessage() {
        hear(4, asker);

        assertThat(desk.refusedMessages()).isEqualTo(1);
    }

    private void ask(long incarnation) {
        hear(messages.question(out, QUESTION, "Server2", incarnation), asker);
        desk.doWork(nowNs);
    }

    private void answerProbe(long incarnation, int agentAgeMs) {
        assertThat(said(subject)).containsExactly("probe 1");
        hear(messages.probeAnswer(out, 1, incarnation, agentAgeMs), subject);
    }

    /** The server that asks answers the probe it was sent to show how fast answers come. */
    private void answerControl(long number) {
        hear(messages.probeAnswer(out, number, PROCESS + 5, 0), asker);
    }

    private void passUnheard(long control) {
        pass(60);
        answerControl(control);
    }

    private void hear(int length, LivenessLink from) {
        desk.onMessage(from, LinkMessages.copy(out, 0, length), nowNs);
    }

    private void pass(long ms) {
        nowNs += ms * MS;
        desk.doWork(nowNs);
    }

    private static List<String> said(ScriptedLiveness.Link link) {
        List<String> said = new ArrayList<>();
        for (byte[] message : link.sent) {
            new WitnessAdapter().onMessage(new UnsafeBuffer(message), 0, message.length, new WitnessListener() {
                @Override
                public void onAnswer(long questionId, boolean isHeard, int ageMs, boolean wasSolo) {
                    said.add("answer " + questionId + ' ' + isHeard + (wasSolo ? " solo" : ""));
                }

                @Override
                public void onRole(long questionId, long incarnation, ServerRole role, long epoch) {
                    said.add("role " + questionId + ' ' + incarnation + ' ' + role + ' ' + epoch);
                }

                @Override
                public void onProbe(long number) {
                    said.add("probe " + number);
                }
            });
        }
        return said;
    }

    /** One server that can be seen or not. */
    private final class Scene implements WitnessDesk.Sight {
        final List<String> reached = new ArrayList<>();

        @Nullable
        LivenessLink link = subject;

        WitnessDesk.@Nullable Standing standing;

        long refusedNs = Long.MIN_VALUE / 2;

        @Override
        public @Nullable LivenessLink linkTo(String serverName) {
            return link;
        }

        @Override
        public WitnessDesk.@Nullable Standing standingOf(String serverName) {
            return standing;
        }

        @Override
        public boolean isRefusedSince(String serverName, long timeNs) {
            return link == null && refusedNs >= timeNs;
        }

        @Override
        public void reach(String serverName) {
            reached.add(serverName);
        }
    }
}

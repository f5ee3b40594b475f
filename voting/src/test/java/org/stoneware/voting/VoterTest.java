package org.stoneware.voting;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class VoterTest {
    private static final VoterId SELF = new VoterId(1, 2);
    private static final VoterId SERVER = new VoterId(3, 4);
    private static final VoterId OTHER = new VoterId(5, 6);

    private final MemoryElectionStore store = new MemoryElectionStore(SELF);
    private final Voter voter = new Voter(new RegisterAcceptor(store), 99);

    @Test
    void shouldPromiseWithWhatItAcceptedLast() {
        ask(RegisterMessage.Type.PREPARE, new Ballot(1, SERVER), null);
        ask(RegisterMessage.Type.ACCEPT, new Ballot(1, SERVER), value());

        RegisterMessage answer = mustAsk(RegisterMessage.Type.PREPARE, new Ballot(2, OTHER), null);

        assertThat(answer.type()).isEqualTo(RegisterMessage.Type.PROMISE);
        assertThat(answer.sender()).isEqualTo(SELF);
        assertThat(answer.other()).isEqualTo(new Ballot(1, SERVER));
        assertThat(answer.value()).isEqualTo(value());
        assertThat(voter.activeId()).isEqualTo(1);
    }

    @Test
    void shouldRefuseALowerBallotAndNameTheCounterToExceed() {
        ask(RegisterMessage.Type.PREPARE, new Ballot(7, OTHER), null);

        RegisterMessage prepare = mustAsk(RegisterMessage.Type.PREPARE, new Ballot(5, SERVER), null);
        RegisterMessage accept = mustAsk(RegisterMessage.Type.ACCEPT, new Ballot(5, SERVER), value());

        assertThat(prepare.type()).isEqualTo(RegisterMessage.Type.REFUSE);
        assertThat(prepare.other().counter()).isEqualTo(7);
        assertThat(accept.type()).isEqualTo(RegisterMessage.Type.REFUSE);
        assertThat(store.load().acceptedValue()).isNull();
    }

    @Test
    void shouldHaveKeptItsPromiseWhenItAnswers() {
        ask(RegisterMessage.Type.PREPARE, new Ballot(7, OTHER), null);

        assertThat(store.load().promised()).isEqualTo(new Ballot(7, OTHER));
    }

    @Test
    void shouldSayWhoItIs() {
        assertThat(mustAsk(RegisterMessage.Type.PROBE, new Ballot(1, SERVER), null)
                        .sender())
                .isEqualTo(SELF);
    }

    @Test
    void shouldNotAnswerAnAnswerOrGarbage() {
        assertThat(ask(RegisterMessage.Type.ACCEPTED, new Ballot(1, SERVER), null))
                .isNull();
        assertThat(voter.onMessage(new UnsafeBuffer(new byte[200]), 0, 200, new UnsafeBuffer(new byte[0]), 0))
                .isEqualTo(Voter.NO_ANSWER);
        assertThat(voter.refusedMessages()).isEqualTo(2);
    }

    @Test
    void shouldNotBelieveACounterBeyondReason() {
        ask(RegisterMessage.Type.PREPARE, new Ballot(7, OTHER), null);

        assertThat(ask(RegisterMessage.Type.PREPARE, new Ballot(Epoch.MAX_COUNTER, OTHER), null))
                .isNull();
    }

    private RegisterMessage mustAsk(RegisterMessage.Type type, Ballot ballot, @Nullable RegisterValue value) {
        return Objects.requireNonNull(ask(type, ballot, value));
    }

    private @Nullable RegisterMessage ask(RegisterMessage.Type type, Ballot ballot, @Nullable RegisterValue value) {
        UnsafeBuffer question = new UnsafeBuffer(new byte[RegisterMessageCodec.MAX_LENGTH]);
        UnsafeBuffer answer = new UnsafeBuffer(new byte[Voter.MAX_ANSWER_LENGTH]);
        int length = RegisterMessageCodec.encode(
                new RegisterMessage(type, SERVER, 5, ballot, Ballot.NONE, value), question, 0);
        int answered = voter.onMessage(question, 0, length, answer, 0);
        return answered == Voter.NO_ANSWER ? null : RegisterMessageCodec.decode(answer, 0, answered);
    }

    private static RegisterValue value() {
        return new RegisterValue(
                Epoch.of(1, 1, SERVER),
                1,
                List.of(new RegisterValue.InSync(1, SERVER, 5)),
                List.of(new RegisterValue.Voter(1, SERVER), new RegisterValue.Voter(-1, SELF)),
                0);
    }
}

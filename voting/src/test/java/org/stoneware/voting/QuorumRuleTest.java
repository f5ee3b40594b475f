package org.stoneware.voting;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class QuorumRuleTest {
    private static final VoterId A = new VoterId(0, 1);
    private static final VoterId B = new VoterId(0, 2);
    private static final VoterId TOMCAT = new VoterId(0, 3);
    private static final List<RegisterValue.Voter> PAIR =
            List.of(new RegisterValue.Voter(0, A), new RegisterValue.Voter(1, B));
    private static final List<RegisterValue.Voter> PAIR_AND_TOMCAT = List.of(
            new RegisterValue.Voter(0, A),
            new RegisterValue.Voter(1, B),
            new RegisterValue.Voter(RegisterValue.Voter.NOT_A_SERVER, TOMCAT));

    private final QuorumRule rule = new QuorumRule();

    @Test
    void shouldNeedBothOfAPair() {
        assertThat(rule.isQuorum(PAIR, A, Set.of(A), id -> false)).isFalse();
        assertThat(rule.isQuorum(PAIR, A, Set.of(A, B), id -> false)).isTrue();
    }

    @Test
    void shouldPassOverAServerThatDoesNotRun() {
        assertThat(rule.isQuorum(PAIR, A, Set.of(A), id -> id == 1)).isTrue();
    }

    @Test
    void shouldTakeAMajorityThatContainsTheProposer() {
        assertThat(rule.isQuorum(PAIR_AND_TOMCAT, A, Set.of(A, TOMCAT), id -> false))
                .isTrue();
        assertThat(rule.isQuorum(PAIR_AND_TOMCAT, A, Set.of(B, TOMCAT), id -> false))
                .isFalse();
    }

    @Test
    void shouldTakeAllDataServersWithoutAMajority() {
        List<RegisterValue.Voter> many = List.of(
                new RegisterValue.Voter(0, A),
                new RegisterValue.Voter(1, B),
                new RegisterValue.Voter(RegisterValue.Voter.NOT_A_SERVER, TOMCAT),
                new RegisterValue.Voter(RegisterValue.Voter.NOT_A_SERVER, new VoterId(0, 4)),
                new RegisterValue.Voter(RegisterValue.Voter.NOT_A_SERVER, new VoterId(0, 5)));

        assertThat(rule.isQuorum(many, A, Set.of(A, B), id -> false)).isTrue();
        assertThat(rule.isQuorum(many, A, Set.of(A, TOMCAT), id -> false)).isFalse();
    }
}

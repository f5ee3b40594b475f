package org.stoneware.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.stoneware.api.cluster.ServerRole;

class ReadinessTest {
    private final FakeManagement management = new FakeManagement();

    @ParameterizedTest
    @EnumSource(
            value = ServerRole.class,
            names = {"ACTIVE_COORDINATOR", "PASSIVE_STANDBY"})
    void shouldBeReadyAsActiveAndAsStandby(ServerRole role) {
        management.role = role;

        assertThat(Readiness.of(management.status()).isReady()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(
            value = ServerRole.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"ACTIVE_COORDINATOR", "PASSIVE_STANDBY"})
    void shouldNameTheRoleThatHasNoDuty(ServerRole role) {
        management.role = role;
        management.detail = "because";
        management.problems = List.of("component X is unsatisfied");

        Readiness readiness = Readiness.of(management.status());

        assertThat(readiness.isReady()).isFalse();
        assertThat(readiness.line()).contains(role.stateName(), "because", "component X is unsatisfied");
    }

    @Test
    void shouldNotBeReadyWithProblemsAndNameThem() {
        management.problems = List.of("component X is unsatisfied", "store is full");

        Readiness readiness = Readiness.of(management.status());

        assertThat(readiness.isReady()).isFalse();
        assertThat(readiness.line()).contains("component X is unsatisfied; store is full");
    }

    @Test
    void shouldKeepControlCharactersOutOfTheLine() {
        Answer answer = Answer.text(503, "a\u001b[2J\r\nb\u202e");

        assertThat(answer.body()).asString(StandardCharsets.UTF_8).isEqualTo("a [2J  b \n");
    }
}

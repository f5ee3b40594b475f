package org.stoneware.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.config.ConfigFixture.parse;
import static org.stoneware.config.ConfigFixture.v6;

import org.junit.jupiter.api.Test;

class ServerChoiceTest {
    private static final TcConfig ONE_LOCAL =
            parse(v6("<server host='192.168.1.102' name='Server1'/><server host='192.168.1.88' name='Server2'/>"));
    private static final TcConfig TWO_LOCAL =
            parse(v6("<server host='127.0.0.1' name='Server1'/><server host='127.0.0.2' name='Server2'/>"));
    private static final TcConfig NONE_LOCAL =
            parse(v6("<server host='192.168.1.102' name='Server1'/><server host='nobody.example' name='Server2'/>"));

    @Test
    void shouldTakeTheServerOfThatName() {
        assertThat(TWO_LOCAL.choose("Server2").position()).isEqualTo(1);
    }

    @Test
    void shouldTakeTheOnlyServerOfThisMachineWhenNoNameIsGiven() {
        assertThat(ONE_LOCAL.choose(null).position()).isEqualTo(1);
    }

    @Test
    void shouldListNamesAndHostsForAnUnknownName() {
        ServerChoice choice = TWO_LOCAL.choose("Server3");

        assertThat(choice.isChosen()).isFalse();
        assertThat(choice.problem())
                .isEqualTo(
                        "there is no server named 'Server3' in tc.xml; it has Server1 (host 127.0.0.1, this machine),"
                                + " Server2 (host 127.0.0.2, this machine); did you mean 'Server1'?");
    }

    @Test
    void shouldAskForANameWhenSeveralServersAreLocal() {
        assertThat(TWO_LOCAL.choose(null).problem())
                .isEqualTo("2 servers in tc.xml have a host of this machine: Server1 (host 127.0.0.1, this machine),"
                        + " Server2 (host 127.0.0.2, this machine); say which one is meant with -n NAME");
    }

    @Test
    void shouldSayThatNoServerIsLocal() {
        assertThat(NONE_LOCAL.choose(null).problem())
                .isEqualTo("none of the servers in tc.xml has a host of this machine: Server1 (host 192.168.1.102),"
                        + " Server2 (host nobody.example); say which one is meant with -n NAME");
    }

    @Test
    void shouldNameTheImplicitServer() {
        TcConfig config = parse("<tc-config xmlns='http://www.terracotta.org/config'/>");

        assertThat(config.choose("Server1").problem()).contains("it has 192.168.1.88:9510 (host 192.168.1.88");
    }
}

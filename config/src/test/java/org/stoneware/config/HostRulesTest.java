package org.stoneware.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.config.ConfigFixture.parse;
import static org.stoneware.config.ConfigFixture.v6;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.config.Problem.Severity;

class HostRulesTest {
    @Test
    void shouldWarnOfAPeersPlaceholderButRefuseTheOwn() {
        TcConfig config = parse(two("192.168.1.88", "server.2.ip.address"));

        assertThat(errors(config, 0)).isEmpty();
        assertThat(warnings(config, 0))
                .singleElement()
                .asString()
                .contains("'server.2.ip.address' is the sample's placeholder");
        assertThat(errors(config, 1))
                .singleElement()
                .asString()
                .contains("'server.2.ip.address' is the sample's placeholder");
    }

    @Test
    void shouldWarnOfAPeerThatDoesNotResolve() {
        TcConfig config = parse(two("192.168.1.88", "nobody.example"));

        assertThat(errors(config, 0)).isEmpty();
        assertThat(warnings(config, 0)).singleElement().asString().contains("does not resolve now");
    }

    @Test
    void shouldRefuseAnOwnHostThatDoesNotResolve() {
        TcConfig config = parse(two("192.168.1.88", "nobody.example"));

        assertThat(errors(config, 1)).singleElement().asString().contains("'nobody.example' does not resolve");
    }

    @Test
    void shouldOnlyWarnOfAnOwnHostThatIsNotLocal() {
        TcConfig config = parse(two("192.168.1.88", "192.168.1.102"));

        assertThat(errors(config, 1)).isEmpty();
        assertThat(warnings(config, 1)).singleElement().asString().contains("is no address of this machine");
    }

    @Test
    void shouldRefuseALoopbackAddressFromSubstitutionWhilePeersAreRemote() {
        TcConfig config = parse(two("%i", "192.168.1.102"), new FakeHostEnvironment().hostAddress("127.0.0.1"));

        assertThat(errors(config, 0)).singleElement().asString().contains("%i became a loopback address");
    }

    @Test
    void shouldRefuseABindAddressOfAnotherMachine() {
        TcConfig config = parse(
                v6("<server host='192.168.1.88' name='S'><dso-port bind='192.168.1.102'>9510</dso-port></server>"));

        assertThat(errors(config, 0))
                .containsExactly(
                        "tc.xml:3:54: servers/server[1]/dso-port@bind: '192.168.1.102' is no address of this machine,"
                                + " so nothing can be bound to it; allowed: an address of this machine, or 0.0.0.0; correct it,"
                                + " or leave bind out");
    }

    @Test
    void shouldBindToTheHostItselfWhenAllHostsAreLoopback() {
        TcConfig config = parse(two("localhost", "127.0.0.2"));

        assertThat(config.isValid()).isTrue();
        assertThat(config.settings(0).self().clientAddress()).isEqualTo("127.0.0.1");
        assertThat(config.settings(1).self().clientAddress()).isEqualTo("127.0.0.2");
    }

    @Test
    void shouldKeepJmxOnLoopbackWhateverBindSays() {
        TcConfig config = parse(v6("<server host='192.168.1.88' name='S' bind='192.168.1.88'>"
                + "<jmx-port bind='0.0.0.0'>9520</jmx-port></server>"));

        ServerSettings server = config.settings(0).self();
        assertThat(server.clientAddress()).isEqualTo("192.168.1.88");
        assertThat(server.jmxAddress()).isEqualTo("127.0.0.1");
        assertThat(warnings(config, 0)).singleElement().asString().contains("JMX stays on loopback");
    }

    @Test
    void shouldBindJmxAsConfiguredOnceUsersMustLogIn() {
        TcConfig config = parse(v6("<server host='192.168.1.88' name='S' bind='192.168.1.88'>"
                + "<jmx-port bind='0.0.0.0'>9520</jmx-port><authentication><mode>"
                + "<password-file>jmx.password</password-file></mode><access-file>jmx.access</access-file>"
                + "</authentication></server>"));

        ArraySettings settings = config.settings(0);
        assertThat(settings.self().jmxAddress()).isEqualTo("0.0.0.0");
        assertThat(warnings(config, 0)).isEmpty();
        assertThat(settings.passwordFile()).isAbsolute().hasFileName("jmx.password");
        assertThat(settings.accessFile()).isAbsolute().hasFileName("jmx.access");
        assertThat(config.effectiveValues())
                .anyMatch(setting -> setting.name().endsWith("authentication/access-file")
                        && setting.origin().startsWith("line "));
    }

    @Test
    void shouldNotTakeFilesOfAccountsFromProperties() {
        TcConfig config = parse("<tc:tc-config xmlns:tc='http://www.terracotta.org/config'><tc-properties>"
                + "<property name='stoneware.management.password-file' value='x'/></tc-properties></tc:tc-config>");

        assertThat(ConfigFixture.of(config.problems(), Severity.ERROR))
                .singleElement()
                .asString()
                .contains("name the files in <authentication>");
    }

    private static List<String> errors(TcConfig config, int self) {
        return ConfigFixture.of(config.problems(self), Severity.ERROR);
    }

    private static List<String> warnings(TcConfig config, int self) {
        return ConfigFixture.of(config.problems(self), Severity.WARNING);
    }

    private static String two(String first, String second) {
        return v6("<server host='" + first + "' name='Server1'/>\n<server host='" + second + "' name='Server2'/>");
    }
}

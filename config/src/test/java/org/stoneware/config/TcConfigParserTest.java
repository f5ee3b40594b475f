package org.stoneware.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.config.ConfigFixture.errors;
import static org.stoneware.config.ConfigFixture.notices;
import static org.stoneware.config.ConfigFixture.parse;
import static org.stoneware.config.ConfigFixture.server;
import static org.stoneware.config.ConfigFixture.v6;
import static org.stoneware.config.ConfigFixture.value;
import static org.stoneware.config.ConfigFixture.warnings;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.spi.storage.Durability;

class TcConfigParserTest {
    private static final String ARTICLE = ConfigFixture.articleText()
            .replace("server.1.ip.address", "192.168.1.88")
            .replace("server.2.ip.address", "192.168.1.102");

    @Test
    void shouldAcceptTheArticlesFileOnceItsHostsAreReplaced() {
        TcConfig config = parse(ARTICLE);

        assertThat(errors(config)).isEmpty();
        assertThat(warnings(config)).isEmpty();
        assertThat(config.serverNames()).containsExactly("Server1", "Server2");
    }

    @Test
    void shouldFillSettingsFromTheArticlesFile() {
        ArraySettings settings = parse(ARTICLE).settings(1);

        assertThat(settings.self())
                .isEqualTo(new ServerSettings(
                        1,
                        "Server2",
                        "192.168.1.102",
                        "0.0.0.0",
                        9510,
                        "127.0.0.1",
                        9520,
                        "0.0.0.0",
                        9530,
                        "0.0.0.0",
                        9540,
                        Path.of("/home/tc/terracotta/server-data/Server2"),
                        Path.of("/home/tc/terracotta/server-logs/Server2"),
                        false,
                        ConfigFixture.DIRECTORY.resolve("data-backup/Server2"),
                        "temporary-swap-only",
                        MachineMemory.ofThisProcess().sessionBytes()));
        assertThat(settings.reconnectWindowSec()).isEqualTo(120);
        assertThat(settings.electionTimeSec()).isEqualTo(5);
        assertThat(settings.sweepEnabled()).isTrue();
        assertThat(settings.sweepIntervalSec()).isEqualTo(3600);
        assertThat(settings.failoverPriority()).isEqualTo("availability");
        assertThat(settings.isProduction()).isFalse();
    }

    @Test
    void shouldSayThatAnElementHasNoEffect() {
        assertThat(notices(parse(server("<statistics>x</statistics>"))))
                .containsExactly(
                        "tc.xml:4:1: servers/server[1]/statistics: has no effect here: figures are served at the"
                                + " management-port");
    }

    @Test
    void shouldReadNamesOfLaterSchemas() {
        TcConfig config = parse(v6("<server host='127.0.0.1' name='S'><tsa-port bind='127.0.0.9'>9610</tsa-port>"
                + "<tsa-group-port>9630</tsa-group-port><dataStorage size='1g'><offheap size='512m'/><hybrid/></dataStorage>"
                + "</server><client-reconnect-window>60</client-reconnect-window><restartable enabled='true'/>"));

        assertThat(errors(config)).isEmpty();
        ArraySettings settings = config.settings(0);
        assertThat(settings.self().clientPort()).isEqualTo(9610);
        assertThat(settings.self().clientAddress()).isEqualTo("127.0.0.9");
        assertThat(settings.self().jmxPort()).isEqualTo(9620);
        assertThat(settings.self().groupPort()).isEqualTo(9630);
        assertThat(settings.self().persistenceMode()).isEqualTo("permanent-store");
        assertThat(settings.self().maxMemoryBytes()).isEqualTo(512L << 20);
        assertThat(settings.reconnectWindowSec()).isEqualTo(60);
        assertThat(notices(config)).contains("tc.xml:3:35: servers/server[1]/tsa-port: read as dso-port");
    }

    @Test
    void shouldLeaveTheSweepOffByDefaultOnceALaterNameIsUsed() {
        assertThat(parse(server("")).settings(0).sweepEnabled()).isTrue();
        assertThat(parse(server("<tsa-port>9510</tsa-port>")).settings(0).sweepEnabled())
                .isFalse();
    }

    @Test
    void shouldUseThePortsOfVersion10ForAFileOfItsShape() {
        TcConfig config = parse("<tc-config xmlns='http://www.terracotta.org/config'><servers>"
                + "<server host='127.0.0.1' name='S'/></servers><failover-priority><availability/></failover-priority>"
                + "</tc-config>");

        assertThat(config.settings(0).self().clientPort()).isEqualTo(9410);
        assertThat(notices(config)).anyMatch(notice -> notice.contains("shape of version 10"));
    }

    @Test
    void shouldReadFailoverPriorityWithVoters() {
        String ha = "<ha><failover-priority><consistency><voter count='1'/></consistency></failover-priority></ha>";
        ArraySettings settings =
                parse(v6("<server host='127.0.0.1' name='S'/>" + ha)).settings(0);

        assertThat(settings.failoverPriority()).isEqualTo("consistency");
        assertThat(settings.voterCount()).isEqualTo(1);
        assertThat(settings.hasClientVoters()).isFalse();
    }

    @Test
    void shouldReadClientVotersFromAPropertyForFilesThatStayValidV6() {
        ArraySettings settings = parse(property("stoneware.failover-priority", "consistency:client-voters"))
                .settings(0);

        assertThat(settings.failoverPriority()).isEqualTo("consistency");
        assertThat(settings.hasClientVoters()).isTrue();
    }

    @Test
    void shouldReadWhenAServerThatMayLackSessionsIsPromoted() {
        String ha = "<ha><failover-priority><availability/><unclean-promotion>never</unclean-promotion>"
                + "</failover-priority></ha>";
        String server = "<server host='127.0.0.1' name='S'/>";

        assertThat(parse(v6(server + ha)).settings(0).uncleanPromotion()).isEqualTo("never");
        assertThat(parse(v6(server)).settings(0).uncleanPromotion()).isEqualTo("after-election-time");
        assertThat(parse(property("stoneware.unclean-promotion", "operator"))
                        .settings(0)
                        .uncleanPromotion())
                .isEqualTo("operator");
        assertThat(errors(parse(property("stoneware.unclean-promotion", "operater"))))
                .singleElement()
                .asString()
                .contains("did you mean 'operator'?");
    }

    @Test
    void shouldAskAnOperatorBeforeSessionsOnDiskAreGivenUp() {
        String server = "<server host='127.0.0.1' name='S'><dso><persistence><mode>permanent-store</mode>"
                + "</persistence></dso></server>";

        assertThat(parse(v6(server)).settings(0).uncleanPromotion()).isEqualTo("operator");
    }

    @Test
    void shouldHandPropertiesOnAndLetTheCommandLineOverrideThem() {
        FakeHostEnvironment environment =
                new FakeHostEnvironment().property("com.tc.l2.nha.tcgroupcomm.reconnect.timeout", "7000");
        TcConfig config = parse(property("l2.nha.tcgroupcomm.reconnect.timeout", "5000"), environment);

        assertThat(config.settings(0).properties()).containsEntry("l2.nha.tcgroupcomm.reconnect.timeout", "7000");
    }

    @Test
    void shouldSuggestTheNearestPropertyForAnUnknownOneWithoutRefusingIt() {
        TcConfig config = parse(property("stoneware.storge", "memory"));

        assertThat(errors(config)).isEmpty();
        assertThat(notices(config)).singleElement().asString().contains("did you mean 'stoneware.storage'?");
    }

    @Test
    void shouldRefuseAPropertyThatChoosesNothing() {
        assertThat(errors(parse(property("stoneware.election", "apointed"))))
                .singleElement()
                .asString()
                .contains("did you mean 'appointed'?");
        assertThat(errors(parse(property("stoneware.storage", "(x=*)")))).hasSize(1);
    }

    @Test
    void shouldReadTheMemoryBoundFromAPropertyUnlessOffheapSaysIt() {
        assertThat(parse(property("stoneware.storage.memory.max", "64m"))
                        .settings(0)
                        .self()
                        .maxMemoryBytes())
                .isEqualTo(64L << 20);
    }

    @Test
    void shouldReadDiskBoundAndDurabilityFromProperties() {
        assertThat(parse(property("stoneware.storage.max-disk", "10g"))
                        .settings(0)
                        .self()
                        .maxDiskBytes())
                .isEqualTo(10L << 30);
        assertThat(parse(property("stoneware.storage.durability", "replicated"))
                        .settings(0)
                        .self()
                        .durability())
                .isEqualTo(Durability.REPLICATED);
        assertThat(parse(v6("")).settings(0).self())
                .returns(0L, ServerSettings::maxDiskBytes)
                .returns(Durability.FSYNC, ServerSettings::durability);
    }

    @Test
    void shouldRefuseADiskBoundThatIsNoSizeAndADurabilityThatIsNone() {
        assertThat(errors(parse(property("stoneware.storage.max-disk", "all"))))
                .singleElement()
                .asString()
                .contains("'all' is not a size");
        assertThat(errors(parse(property("stoneware.storage.durability", "fsnyc"))))
                .singleElement()
                .asString()
                .contains("did you mean 'fsync'?");
    }

    @Test
    void shouldRefuseAPluginThatAsksForProtection() {
        String xml =
                v6("").replace("</tc:tc-config>", "<plugins><config><security/></config></plugins></tc:tc-config>");

        assertThat(errors(parse(xml)))
                .singleElement()
                .asString()
                .contains("plugins/config/security: <security> is refused");
    }

    @Test
    void shouldNeverThrowWhateverTheTextIs() {
        long seed = 20261122;
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            String text = mutated(ARTICLE, random);
            try {
                TcConfig config = parse(text);
                if (config.isValid()) {
                    config.effectiveValues();
                }
            } catch (RuntimeException e) {
                throw new AssertionError("seed=" + seed + " round=" + round + " text:\n" + text, e);
            }
        }
    }

    private static String mutated(String text, Random random) {
        StringBuilder result = new StringBuilder(text);
        for (int change = random.nextInt(4); change >= 0; change--) {
            int from = random.nextInt(result.length());
            int to = Math.min(result.length(), from + random.nextInt(30));
            switch (random.nextInt(4)) {
                case 0 -> result.delete(from, to);
                case 1 -> result.insert(from, result.substring(from, to));
                case 2 -> result.setCharAt(from, (char) (random.nextInt(96) + 32));
                default -> result.insert(from, random.nextBoolean() ? "%(" : "<!--");
            }
        }
        return result.toString();
    }

    @Test
    void shouldRefuseASecuredServer() {
        TcConfig config = parse(v6("<server host='127.0.0.1' name='S' secure='true'/>"));

        assertThat(errors(config)).singleElement().asString().contains("secure=\"true\" is refused");
    }

    @Test
    void shouldNeverReachOutsideTheFile() {
        String xml = "<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/never.dtd\">\n" + server("");

        assertThat(errors(parse(xml))).singleElement().asString().startsWith("tc.xml:1:1: the file has a <!DOCTYPE>");
    }

    @Test
    void shouldCountLinesTheSameWhateverTheLineEnds() {
        String xml = server("\n<dso-port>x</dso-port>");

        assertThat(errors(parse(xml.replace("\n", "\r\n")))).isEqualTo(errors(parse(xml)));
        assertThat(errors(parse(xml)).get(0)).startsWith("tc.xml:5:11: ");
    }

    @Test
    void shouldPointAtTheValueBehindComments() {
        TcConfig config = parse(server("<dso-port><!-- 端口 --> x</dso-port>"));

        assertThat(errors(config).get(0)).startsWith("tc.xml:4:23: ");
    }

    @Test
    void shouldRefuseTooDeepAndTooLongTexts() {
        String deep = "<a>".repeat(100);
        String longText = " ".repeat(XmlReader.MAX_LENGTH + 1);

        assertThat(errors(parse(deep))).singleElement().asString().contains("deeper than 64");
        assertThat(errors(parse(longText))).singleElement().asString().contains("at most 1048576");
    }

    @Test
    void shouldWrapADerivedPortBeyondTheLastOneAsTerracottaDid() {
        ServerSettings server =
                parse(server("<dso-port>65530</dso-port>")).settings(0).self();

        assertThat(server.jmxPort()).isEqualTo(65540 % 65535 + 4095);
        assertThat(server.groupPort()).isEqualTo(65550 % 65535 + 4095);
    }

    @Test
    void shouldReadIntegersWithSignBlanksAndLeadingZeros() {
        assertThat(parse(server("<dso-port> +09510 </dso-port>"))
                        .settings(0)
                        .self()
                        .clientPort())
                .isEqualTo(9510);
    }

    @Test
    void shouldTakeAnEmptyElementForItsDefault() {
        TcConfig config = parse(server("<dso-port/><data/>"));

        assertThat(errors(config)).isEmpty();
        assertThat(value(config, "servers/server[1] dso-port")).isEqualTo("9510 (default (line 4 is empty))");
        assertThat(config.settings(0).self().dataDirectory())
                .isEqualTo(ConfigFixture.DIRECTORY.resolve("data").resolve("Server1"));
    }

    @Test
    void shouldNameTheOriginOfEachValue() {
        TcConfig config = parse(server("<data>%(user.home)/d</data>\n<dso-port>9600</dso-port>"));

        assertThat(value(config, "servers/server[1] data"))
                .isEqualTo("/home/tc/d/Server1 (line 4, from '%(user.home)/d')");
        assertThat(value(config, "servers/server[1] jmx-port")).isEqualTo("9610 (derived from dso-port + 10)");
        assertThat(value(config, "servers/ha/mode")).isEqualTo("networked-active-passive (default)");
    }

    @Test
    void shouldKeepAServersDirectoryInsideTheDataDirectory() {
        TcConfig config = parse(v6("<server host='127.0.0.1' name='../../etc'/>"));

        assertThat(config.settings(0).self().dataDirectory().getParent())
                .isEqualTo(ConfigFixture.DIRECTORY.resolve("data"));
    }

    @Test
    void shouldDecodeByByteOrderMarkAndDeclaration() {
        String xml = "<?xml version=\"1.0\" encoding=\"GBK\"?><!-- 端口 --><tc-config/>";
        List<Problem> problems = new ArrayList<>();

        assertThat(TcConfigParser.decode(xml.getBytes(Charset.forName("GBK")), problems))
                .isEqualTo(xml);
        assertThat(TcConfigParser.decode(("\uFEFF" + xml).getBytes(StandardCharsets.UTF_16LE), problems))
                .isEqualTo(xml);
        assertThat(TcConfigParser.decode(("\uFEFF" + xml).getBytes(StandardCharsets.UTF_8), problems))
                .isEqualTo(xml);
        assertThat(problems).isEmpty();
    }

    @Test
    void shouldPointAtTheByteThatIsNotInTheDeclaredEncoding() {
        byte[] bytes = "<tc-config>\n<!-- 端口 --></tc-config>".getBytes(Charset.forName("GBK"));
        List<Problem> problems = new ArrayList<>();

        assertThat(TcConfigParser.decode(bytes, problems)).isNull();
        assertThat(problems.get(0).format("tc.xml")).startsWith("tc.xml:2:6: byte 0xB6 is not UTF-8");
    }

    @Test
    void shouldGiveASingleServerToAnEmptyFile() {
        TcConfig config = parse("<tc-config xmlns='http://www.terracotta.org/config'/>");

        assertThat(config.serverNames()).containsExactly("192.168.1.88:9510");
        assertThat(notices(config)).singleElement().asString().contains("one server with all defaults is assumed");
    }

    private static String property(String name, String value) {
        return v6("<server host='127.0.0.1' name='S'/>")
                .replace(
                        "<servers>",
                        "<tc-properties><property name='" + name + "' value='" + value
                                + "'/></tc-properties><servers>");
    }
}

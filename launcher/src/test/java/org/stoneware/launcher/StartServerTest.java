package org.stoneware.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartServerTest {
    @TempDir
    Path directory;

    private TestHome home;

    @BeforeEach
    void install() throws IOException {
        home = new TestHome(directory);
    }

    @Test
    void shouldPrintEveryValueWithItsOriginAndStartNothing() throws IOException {
        home.config("");

        int exitCode = home.run("start-server", "--check");

        assertThat(exitCode).isEqualTo(ExitCode.CLEAN);
        assertThat(home.out())
                .startsWith("configuration: " + home.path("conf/tc-config.xml"))
                .contains("this server: Server1")
                .containsPattern("servers/server\\[1] jmx-port +9520 +\\(derived from dso-port \\+ 10\\)")
                .contains("the configuration is valid; nothing was started");
        assertThat(home.path("data")).doesNotExist();
    }

    @Test
    void shouldPreferTheCurrentDirectoryThenTheScriptsThenConf() throws IOException {
        home.config("");
        String text = Files.readString(home.path("conf/tc-config.xml"));

        home.run("start-server", "--check");
        String fromConf = home.out();
        Files.writeString(home.path("bin/tc-config.xml"), text);
        home.run("start-server", "--check");
        String fromScripts = home.out();
        Files.writeString(home.path("cwd/tc-config.xml"), text);
        home.run("start-server", "--check");
        String fromCurrent = home.out();

        assertThat(fromConf).contains("configuration: " + home.path("conf/tc-config.xml"));
        assertThat(fromScripts).contains("configuration: " + home.path("bin/tc-config.xml"));
        assertThat(fromCurrent).contains("configuration: " + home.path("cwd/tc-config.xml"));
    }

    @Test
    void shouldUseTheBuiltInConfigurationWhenThereIsNoFile() {
        assertThat(home.run("start-server", "--check")).isEqualTo(ExitCode.CLEAN);
        assertThat(home.out()).startsWith("configuration: built-in default");
    }

    @Test
    void shouldShowAllErrorsOfAFileInOneRun() throws IOException {
        home.config("<dso-port>x</dso-port>\n<foo/>\n");

        int exitCode = home.run("start-server");

        String file = home.path("conf/tc-config.xml").toString();
        assertThat(exitCode).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err().lines())
                .satisfiesExactly(
                        line -> assertThat(line)
                                .startsWith("error: " + file + ":3:11: servers/server[1]/dso-port: 'x' is not"),
                        line -> assertThat(line).startsWith("error: " + file + ":4:1: servers/server[1]/foo: unknown"),
                        line -> assertThat(line).isEqualTo("2 errors; nothing was started"));
    }

    @Test
    void shouldNameThePathAndTheCurrentDirectoryOfAMissingFile() {
        int exitCode = home.run("start-server", "-f", "nope.xml");

        assertThat(exitCode).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err())
                .isEqualToIgnoringNewLines("configuration: 'nope.xml' (-f) does not exist: looked for "
                        + home.path("cwd/nope.xml") + ", current directory is " + home.path("cwd"));
    }

    @Test
    void shouldSayThatAUrlIsNotRead() {
        int exitCode = home.run("start-server", "-f", "http://127.0.0.1:9540/config");

        assertThat(exitCode).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err()).contains("is a URL; allowed: a file");
    }

    @Test
    void shouldPointIntoADirectoryGivenInPlaceOfAFile() throws IOException {
        home.config("");

        int exitCode = home.run("start-server", "-f", "../conf");

        assertThat(exitCode).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err())
                .contains("is a directory")
                .contains("did you mean " + home.path("conf/tc-config.xml") + "?");
    }

    @Test
    void shouldPointAtAByteThatIsNotInTheDeclaredEncoding() throws IOException {
        Files.write(home.path("cwd/tc-config.xml"), "<!-- 端口 --><tc-config/>".getBytes(Charset.forName("GBK")));

        int exitCode = home.run("start-server");

        assertThat(exitCode).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err()).contains("tc-config.xml:1:6: byte 0xB6 is not UTF-8");
    }

    @Test
    void shouldSayWhichArrayKeyIsUsed() throws IOException {
        home.config("");

        home.run("start-server", "--check");
        assertThat(home.out()).contains("array key: none");
        home.run("make-key");
        home.run("start-server", "--check");

        assertThat(home.out()).contains("array key: " + home.path("conf/array.key"));
    }

    @Test
    void shouldRefuseToStartWithKeyThatOthersCanRead() throws IOException {
        home.config("");
        home.run("make-key");
        home.path("conf/array.key").toFile().setReadable(true, false);

        int exit = home.run("start-server", "--check");

        assertThat(exit).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err()).contains(home.path("conf/array.key").toString(), "chmod 600");
    }

    @Test
    void shouldListTheServersForAnUnknownName() throws IOException {
        home.config("");

        int exitCode = home.run("start-server", "-n", "Nope");

        assertThat(exitCode).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err())
                .contains("there is no server named 'Nope'")
                .contains("Server1 (host 127.0.0.1, this machine)");
    }

    @Test
    void shouldRefuseABadOptionWithOneMessage() {
        int exitCode = home.run("start-server", "--chekc");

        assertThat(exitCode).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err().lines()).singleElement().asString().contains("did you mean --check?");
    }

    @Test
    void shouldPrintHelpAndVersion() {
        assertThat(home.run("start-server", "-?")).isEqualTo(ExitCode.CLEAN);
        assertThat(home.out()).startsWith("Usage: start-server");
        assertThat(home.run("start-server", "--version")).isEqualTo(ExitCode.CLEAN);
        assertThat(home.out()).startsWith("Stoneware ");
    }

    @Test
    void shouldNameTheKnownBundleSetsForAnUnknownOne() throws IOException {
        home.config("");
        Files.writeString(home.path("conf/bundle-sets/default.list"), "1 x");

        int exitCode = home.run("start-server", "--bundle-set", "fancy");

        assertThat(exitCode).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err()).contains("there is no bundle set 'fancy'; allowed: default (in ");
    }
}

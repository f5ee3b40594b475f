package org.stoneware.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InstallValveTest {
    private static final String ADDRESSES = "127.0.0.1:9510,127.0.0.2:9510";
    private static final String VALVE =
            "<Valve className=\"org.stoneware.tomcat.SessionValve\" tcConfigUrl=\"" + ADDRESSES + "\"/>";
    private static final String STOCK =
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- The contents of this file will be loaded for each web application: <Context> and </Context> -->
            <Context>

                <!-- Default set of monitored resources. Grüße, 会话 -->
                <WatchedResource>WEB-INF/web.xml</WatchedResource>
                <WatchedResource>${catalina.base}/conf/web.xml</WatchedResource>

                <!-- Uncomment this to enable session persistence across Tomcat restarts -->
                <!--
                <Manager pathname="SESSIONS.ser" />
                -->
            </Context>
            """;

    @TempDir
    private Path directory;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private Path home;
    private Path tomcat;

    @BeforeEach
    void layOut() throws IOException {
        home = directory.resolve("stone ware");
        Files.createDirectories(home.resolve("tomcat"));
        Files.writeString(home.resolve("tomcat/stoneware-valve-0.1.0.jar"), "the jar");
        tomcat = directory.resolve("apache tomcat");
        Files.createDirectories(tomcat.resolve("lib"));
        Files.createDirectories(tomcat.resolve("conf"));
        Files.writeString(tomcat.resolve("conf/server.xml"), "<Server/>");
        write(STOCK);
    }

    @Test
    void shouldAddValveAsLastElementAndCopyJar() throws IOException {
        int exit = install(ADDRESSES);

        assertThat(exit).isZero();
        assertThat(context()).isEqualTo(STOCK.replace("-->\n</Context>", "-->\n    " + VALVE + "\n</Context>"));
        assertThat(tomcat.resolve("lib/stoneware-valve-0.1.0.jar")).hasContent("the jar");
        assertThat(printed())
                .contains("line 13 is now " + VALVE, "lib/stoneware-valve-0.1.0.jar", "Restart this Tomcat");
    }

    @Test
    void shouldChangeNothingWhenRunTwice() throws IOException {
        install(ADDRESSES);
        String first = context();
        printed.reset();

        int exit = install(ADDRESSES);

        assertThat(exit).isZero();
        assertThat(context()).isEqualTo(first);
        assertThat(printed()).contains("nothing to change").doesNotContain("Restart");
    }

    @Test
    void shouldOnlyReplaceAddressesOfInstalledValve() throws IOException {
        write(
                "<Context><Valve className='org.stoneware.tomcat.SessionValve'\n  tcConfigUrl='old:1' nonStopTimeout='5'/></Context>");

        install(ADDRESSES);

        assertThat(context())
                .isEqualTo("<Context><Valve className='org.stoneware.tomcat.SessionValve'\n  tcConfigUrl=\"" + ADDRESSES
                        + "\" nonStopTimeout='5'/></Context>");
        assertThat(printed()).contains("tcConfigUrl was \"old:1\"");
    }

    @Test
    void shouldReplaceJarOfOtherVersion() throws IOException {
        Files.writeString(tomcat.resolve("lib/stoneware-valve-0.0.9.jar"), "older");

        install(ADDRESSES);

        assertThat(tomcat.resolve("lib")).isDirectoryNotContaining("glob:**0.0.9.jar");
        assertThat(printed()).contains("removed  lib/stoneware-valve-0.0.9.jar");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                STOCK,
                "<Context/>",
                "<Context reloadable=\"false\" />\n",
                "<Context></Context>",
                "<?xml version='1.0'?>\r\n<Context>\r\n</Context>\r\n",
                "\uFEFF<Context>\n  <Loader delegate='>'/></Context>\n<!-- end </Context> -->\n",
            })
    void shouldUndoExactly(String before) throws IOException {
        write(before);
        install(ADDRESSES);
        assertThat(context()).contains(VALVE);

        int exit = run(tomcat.toString(), "--remove");

        assertThat(exit).isZero();
        assertThat(context()).isEqualTo(before);
        assertThat(tomcat.resolve("lib")).isEmptyDirectory();
        assertThat(tomcat.resolve("conf")).isDirectoryNotContaining("glob:**stoneware*");
    }

    @Test
    void shouldCopyTheArraysKeyForItsOwnerOnlyAndTakeItAwayAgain() throws IOException {
        Path key = tomcat.resolve("conf/array.key");
        String secret = key("rw-------");

        install(ADDRESSES);

        assertThat(key).hasContent(secret);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                .isEqualTo("rw-------");
        assertThat(printed()).contains("copied   conf/array.key").doesNotContain(secret);
        run(tomcat.toString(), "--remove");
        assertThat(key).doesNotExist();
    }

    @Test
    void shouldReplaceOldKeyAndLeaveForeignOneWhenRemoving() throws IOException {
        Path key = tomcat.resolve("conf/array.key");
        Files.writeString(key, "another");
        key("rw-------");

        run(tomcat.toString(), "--remove");
        assertThat(key).hasContent("another");
        install(ADDRESSES);

        assertThat(printed()).contains("changed  conf/array.key");
        assertThat(key).content().isNotEqualTo("another");
    }

    @Test
    void shouldNotCopyKeyThatServersWouldNotUse() throws IOException {
        key("rw-r--r--");

        int exit = install(ADDRESSES);

        assertThat(exit).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(printed()).contains("chmod 600");
        assertThat(tomcat.resolve("conf/array.key")).doesNotExist();
    }

    private String key(String permissions) throws IOException {
        Path source = home.resolve("conf/array.key");
        Files.createDirectories(source.getParent());
        Files.writeString(source, "0123456789abcdef".repeat(4));
        Files.setPosixFilePermissions(source, PosixFilePermissions.fromString(permissions));
        return Files.readString(source);
    }

    @Test
    void shouldKeepLaterChangesOfTheUserWhenRemoving() throws IOException {
        install(ADDRESSES);
        write(context().replace("<Context>\n\n", "<Context>\n    <Resources cachingAllowed=\"false\"/>\n"));

        run(tomcat.toString(), "--remove");

        assertThat(context())
                .isEqualTo(STOCK.replace("<Context>\n\n", "<Context>\n    <Resources cachingAllowed=\"false\"/>\n"));
        assertThat(printed()).contains("has other changes since");
    }

    @Test
    void shouldRemoveNothingWhereNothingIs() throws IOException {
        int exit = run(tomcat.toString(), "--remove");

        assertThat(exit).isZero();
        assertThat(context()).isEqualTo(STOCK);
        assertThat(printed()).contains("nothing to remove");
    }

    @Test
    void shouldKeepPermissionsOfContextFile() throws IOException {
        Files.setPosixFilePermissions(tomcat.resolve("conf/context.xml"), PosixFilePermissions.fromString("rw-r-----"));

        install(ADDRESSES);

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(tomcat.resolve("conf/context.xml"))))
                .isEqualTo("rw-r-----");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org.terracotta.session.TerracottaTomcat60xSessionValve",
                "org.terracotta.session.TerracottaTomcat70xSessionValve"
            })
    void shouldRefuseBesideTerracottasValve(String className) throws IOException {
        String before = "<Context>\n  <Valve className=\"" + className + "\" tcConfigUrl=\"a:1\"/>\n</Context>\n";
        write(before);

        int exit = install(ADDRESSES);

        assertThat(exit).isEqualTo(2);
        assertThat(context()).isEqualTo(before);
        assertThat(tomcat.resolve("lib")).isEmptyDirectory();
        assertThat(printed()).contains("Terracotta's Valve in line 2", "delete that element");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<Context>",
                "",
                "<Context></Context><Context></Context>",
                "<Context><Context/></Context>",
                "<Server></Server>",
                "<!DOCTYPE Context [<!ENTITY x 'y'>]><Context>&x;</Context>",
                "<Context><Valve className=\"org.stoneware.tomcat.SessionValve\"/><Valve className=\"org.stoneware.tomcat.SessionValve\"/></Context>",
            })
    void shouldRefuseContextFileItCannotEditSafely(String content) throws IOException {
        write(content);

        int exit = install(ADDRESSES);

        assertThat(exit).isEqualTo(2);
        assertThat(context()).isEqualTo(content);
        assertThat(printed()).contains("context.xml");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "host:0", "host:70000", "a:1,,b:1", "a:1, b:1", "a:1\"/><x y=\"b:1"})
    void shouldRefuseWhatIsNoListOfAddresses(String addresses) throws IOException {
        int exit = install(addresses);

        assertThat(exit).isEqualTo(2);
        assertThat(context()).isEqualTo(STOCK);
    }

    @Test
    void shouldRefuseDirectoryThatIsNoTomcat() {
        int exit = run(home.toString(), ADDRESSES);

        assertThat(exit).isEqualTo(2);
        assertThat(printed()).contains("is no Tomcat");
    }

    private int install(String addresses) {
        return run(tomcat.toString(), addresses);
    }

    private int run(String... arguments) {
        PrintStream print = new PrintStream(printed, true, StandardCharsets.UTF_8);
        List<String> words = new ArrayList<>(List.of("install-valve"));
        words.addAll(List.of(arguments));
        return Main.run(words, new Terminal(print, print, directory, home, home.resolve("bin"), Map.of()));
    }

    private String printed() {
        return printed.toString(StandardCharsets.UTF_8);
    }

    private String context() throws IOException {
        return Files.readString(tomcat.resolve("conf/context.xml"));
    }

    private void write(String content) throws IOException {
        Files.writeString(tomcat.resolve("conf/context.xml"), content);
    }
}

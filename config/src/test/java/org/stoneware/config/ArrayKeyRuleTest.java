package org.stoneware.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.config.ArraySettings;

class ArrayKeyRuleTest {
    @TempDir
    private Path directory;

    private Path beside;
    private Path home;
    private Path installed;

    @BeforeEach
    void layOut() throws IOException {
        home = directory.resolve("home");
        Files.createDirectories(home.resolve("conf"));
        installed = home.resolve("conf/array.key");
        beside = directory.resolve("array.key");
    }

    @Test
    void shouldHaveNoKeyWhenNobodyMadeOne() {
        ArraySettings settings = parse("").settings(0, home);

        assertThat(settings.arrayKey()).isNull();
        assertThat(liveness(settings)).isEqualTo(Map.of("server.name", "Server1"));
    }

    @Test
    void shouldUseTheKeyOfTheInstallation() throws IOException {
        Files.createFile(installed);

        ArraySettings settings = parse("").settings(0, home);

        assertThat(settings.arrayKey()).isEqualTo(installed);
        assertThat(liveness(settings)).isEqualTo(Map.of("server.name", "Server1", "arrayKey", installed.toString()));
    }

    @Test
    void shouldPreferTheKeyBesideTheConfiguration() throws IOException {
        Files.createFile(installed);
        Files.createFile(beside);

        assertThat(parse("").arrayKey(home)).isEqualTo(beside);
    }

    @Test
    void shouldUseTheKeyThatThePropertyNamesEvenIfItIsMissing() throws IOException {
        Files.createFile(beside);

        assertThat(parse("secrets/shop.key").arrayKey(home)).isEqualTo(directory.resolve("secrets/shop.key"));
    }

    @Test
    void shouldUseNoKeyWhenThePropertySaysSo() throws IOException {
        Files.createFile(beside);

        assertThat(parse("none").settings(0, home).arrayKey()).isNull();
    }

    @Test
    void shouldNotLookIntoTheCurrentDirectoryForTheBuiltInConfiguration() throws IOException {
        Files.createFile(beside);
        TcConfig builtIn = new TcConfigParser(new FakeHostEnvironment()).parse(ConfigText.builtIn(directory));

        assertThat(builtIn.arrayKey(home)).isNull();
        Files.createFile(installed);
        assertThat(builtIn.arrayKey(home)).isEqualTo(installed);
    }

    private TcConfig parse(String named) {
        String properties = named.isEmpty()
                ? ""
                : "<tc-properties><property name=\"stoneware.array-key\" value=\"" + named + "\"/></tc-properties>";
        String xml = "<tc:tc-config xmlns:tc=\"http://www.terracotta.org/config\">" + properties
                + "<servers><server host=\"127.0.0.1\" name=\"Server1\"/></servers></tc:tc-config>";
        TcConfig config =
                new TcConfigParser(new FakeHostEnvironment()).parse(new ConfigText("tc-config.xml", directory, xml));
        assertThat(config.problems()).isEmpty();
        return config;
    }

    private static Object liveness(ArraySettings settings) {
        return ComponentPlan.of(settings, Set.of("memory"), Set.of(), Set.of())
                .configurations()
                .get("org.stoneware.liveness");
    }
}

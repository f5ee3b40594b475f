package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValveSettingsTest {
    private final ValveSettings.Remarks remarks = new ValveSettings.Remarks();

    @Test
    void shouldReadServersWhateverTheirPunctuation() {
        ValveSettings settings = ValveSettings.parse(
                Map.of("tcConfigUrl", " user@one:9510,, two ;[::1]:9512, three:9510,one:9510 "), remarks);

        assertThat(settings.servers()).containsExactly("one:9510", "two:9510", "[::1]:9512", "three:9510");
        assertThat(remarks.errors()).isEmpty();
    }

    @Test
    void shouldPassOverBadServerWithOneErrorLine() {
        ValveSettings settings = ValveSettings.parse(Map.of("tcConfigUrl", "one:9510,two:port,three:70000"), remarks);

        assertThat(settings.servers()).containsExactly("one:9510");
        assertThat(remarks.errors()).hasSize(2).allMatch(line -> line.contains("tcConfigUrl"));
    }

    @Test
    void shouldSayWhatMissingServersMean() {
        ValveSettings settings = ValveSettings.parse(Map.of(), remarks);

        assertThat(settings.servers()).isEmpty();
        assertThat(remarks.errors()).singleElement().asString().contains("503");
    }

    @Test
    void shouldUseTheArraysKeyOfThisTomcatWhenThereIsOne(@TempDir Path base) throws IOException {
        Path usual = base.resolve("conf/array.key");
        ValveSettings settings = ValveSettings.parse(Map.of("tcConfigUrl", "one"), remarks);

        assertThat(settings.arrayKeyFile(base)).isNull();
        Files.createDirectories(usual.getParent());
        Files.createFile(usual);

        assertThat(settings.arrayKeyFile(base)).isEqualTo(usual);
    }

    @Test
    void shouldUseTheArraysKeyThatTheAttributeNamesEvenIfItIsMissing(@TempDir Path base) {
        ValveSettings settings =
                ValveSettings.parse(Map.of("tcConfigUrl", "one", "arrayKey", "conf/shop.key"), remarks);

        assertThat(settings.arrayKeyFile(base)).isEqualTo(base.resolve("conf/shop.key"));
    }

    @Test
    void shouldUseDefaultForBadNumberAndSayWhich() {
        ValveSettings settings = ValveSettings.parse(
                Map.of("tcConfigUrl", "one", "ownerWaitMs", "soon", "maxSessionBytes", "lots"), remarks);

        assertThat(settings.ownerWaitMs()).isEqualTo(ValveSettings.DEFAULT_OWNER_WAIT_MS);
        assertThat(settings.maxSessionBytes()).isEqualTo(ValveSettings.DEFAULT_MAX_SESSION_BYTES);
        assertThat(remarks.errors()).hasSize(2);
    }

    @Test
    void shouldGiveTerracottaAttributesTheirMeaningOrANotice() {
        ValveSettings settings = ValveSettings.parse(
                Map.of(
                        "tcConfigUrl", "one",
                        "nonStopTimeout", "1500",
                        "maxBytesOnHeap", "64M",
                        "synchronousWrite", "false",
                        "sessionLocking", "false",
                        "concurrency", "16"),
                remarks);

        assertThat(settings.operationTimeoutMs()).isEqualTo(1500);
        assertThat(settings.maxLocalBytes()).isEqualTo(64L << 20);
        assertThat(remarks.notices()).hasSize(3);
        assertThat(remarks.errors()).isEmpty();
    }
}

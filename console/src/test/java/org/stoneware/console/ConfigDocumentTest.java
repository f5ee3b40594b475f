package org.stoneware.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigDocumentTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<?xml version='1.0' encoding='GBK'?><a/>|<?xml version='1.0' encoding=\"UTF-8\"?><a/>",
                "<?xml version=\"1.0\"?><a encoding=\"GBK\"/>|<?xml version=\"1.0\"?><a encoding=\"GBK\"/>",
                "\uFEFF<a/>|<a/>",
                "<a>$1</a>|<a>$1</a>",
            })
    void shouldDeclareTheEncodingItIsSentIn(String text, String document) {
        assertThat(ConfigDocument.of(text).body())
                .asString(StandardCharsets.UTF_8)
                .isEqualTo(document);
    }
}

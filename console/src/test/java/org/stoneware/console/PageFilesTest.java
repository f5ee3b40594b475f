package org.stoneware.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.stoneware.api.cluster.ServerRole;

class PageFilesTest {
    static Stream<String> files() {
        return PageFiles.load().keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("files")
    void shouldAskNoOtherHostForAnything(String path) {
        assertThat(text(path)
                        .replace("xmlns=\"http://www.w3.org/2000/svg\"", "")
                        .replace("`http://${host}", ""))
                .doesNotContain("http:", "https:", "@import", "url(", "src=\"//", "href=\"//");
    }

    @Test
    void shouldNeverReadTextAsHtml() {
        assertThat(text("/console.js"))
                .doesNotContain(
                        "innerHTML",
                        "outerHTML",
                        "insertAdjacentHTML",
                        "document.write",
                        "eval(",
                        "new Function",
                        ".style");
    }

    @Test
    void shouldHoldNothingTheContentPolicyForbids() {
        assertThat(text("/")).doesNotContainPattern("<style|style=|<script(?! src=)|\\son[a-z]+=");
    }

    @Test
    void shouldHaveWordsForEveryRole() {
        assertThat(text("/console.js"))
                .contains(Stream.of(ServerRole.values())
                        .map(role -> "'" + role.stateName() + "': [")
                        .toArray(String[]::new));
    }

    private static String text(String path) {
        return new String(PageFiles.load().get(path).body(), StandardCharsets.UTF_8);
    }
}

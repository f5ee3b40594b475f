package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class DocumentationTest {
    private static final Pattern NAME = Pattern.compile("`(\\w+)`");

    @Test
    void shouldExplainEachAttributeOfTheValveAndNoOther() throws IOException {
        Set<String> explained = new TreeSet<>();
        for (String line : Files.readAllLines(Path.of("README.md"))) {
            if (line.startsWith("| `")) {
                NAME.matcher(line.split("\\|")[1]).results().forEach(name -> explained.add(name.group(1)));
            }
        }

        assertThat(explained).isEqualTo(attributes());
    }

    /** What Tomcat can set from {@code context.xml}. */
    private static Set<String> attributes() {
        return Arrays.stream(SessionValve.class.getDeclaredMethods())
                .filter(method -> method.getName().startsWith("set")
                        && Arrays.equals(method.getParameterTypes(), new Class<?>[] {String.class}))
                .map(method -> Character.toLowerCase(method.getName().charAt(3))
                        + method.getName().substring(4))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}

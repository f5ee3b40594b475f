package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** One binary serves javax and jakarta only as long as no class of it names a servlet type. */
class ServletFreeTest {
    @Test
    void shouldNameNoServletTypeInAnyConstantPool() throws IOException, URISyntaxException {
        Path classes = Path.of(SessionValve.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());

        List<Path> all;
        try (Stream<Path> files = Files.walk(classes)) {
            all = files.filter(file -> file.toString().endsWith(".class")).toList();
        }

        assertThat(all).hasSizeGreaterThan(15);
        assertThat(all).noneSatisfy(file -> assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                .containsAnyOf("javax/servlet", "jakarta/servlet"));
    }
}

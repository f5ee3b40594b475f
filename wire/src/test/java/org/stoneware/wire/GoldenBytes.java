package org.stoneware.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Collectors;

/** Compares messages with the bytes they have had since their version was first spoken. */
public final class GoldenBytes {
    private GoldenBytes() {}

    /** @param resource beside the test; a line is a name, a blank and the bytes in hex. */
    public static void assertUnchanged(Class<?> test, String resource, Map<String, byte[]> messages) {
        String now = messages.entrySet().stream()
                .map(each -> each.getKey() + ' ' + HexFormat.of().formatHex(each.getValue()) + '\n')
                .collect(Collectors.joining());
        assertThat(now).isEqualTo(read(test, resource));
    }

    private static String read(Class<?> test, String resource) {
        try (InputStream in = test.getResourceAsStream(resource)) {
            return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}

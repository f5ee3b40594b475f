package org.stoneware.console;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;

/** The tc-config text as a document that others can parse. */
final class ConfigDocument {
    private static final Pattern DECLARED_ENCODING =
            Pattern.compile("\\A(<\\?xml[^>]*?\\bencoding\\s*=\\s*)(?:\"[^\"]*\"|'[^']*')");

    private ConfigDocument() {}

    /** The text in UTF-8, and saying so: the file it came from may have declared another encoding. */
    static Answer of(String text) {
        String withoutMark = text.startsWith("\uFEFF") ? text.substring(1) : text;
        String document = DECLARED_ENCODING.matcher(withoutMark).replaceFirst("$1\"UTF-8\"");
        return new Answer(200, "application/xml; charset=utf-8", document.getBytes(StandardCharsets.UTF_8), Map.of());
    }
}

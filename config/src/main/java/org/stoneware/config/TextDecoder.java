package org.stoneware.config;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Bytes of an XML file to text: byte order mark first, then the declared encoding, then UTF-8. */
final class TextDecoder {
    private static final Pattern DECLARED =
            Pattern.compile("^<\\?xml[^>]{0,200}?encoding\\s*=\\s*[\"']([^\"']{1,40})[\"']");

    private TextDecoder() {}

    /** The text without byte order mark, or null when the bytes are not text in the encoding they claim. */
    static @Nullable String decode(byte[] bytes, Problems problems) {
        if (startsWith(bytes, 0xEF, 0xBB, 0xBF)) {
            return decode(bytes, 3, StandardCharsets.UTF_8, problems);
        }
        if (startsWith(bytes, 0xFE, 0xFF)) {
            return decode(bytes, 2, StandardCharsets.UTF_16BE, problems);
        }
        if (startsWith(bytes, 0xFF, 0xFE)) {
            return decode(bytes, 2, StandardCharsets.UTF_16LE, problems);
        }
        String head = new String(Arrays.copyOf(bytes, Math.min(bytes.length, 400)), StandardCharsets.ISO_8859_1);
        Matcher declared = DECLARED.matcher(head);
        Charset charset = StandardCharsets.UTF_8;
        if (declared.find()) {
            try {
                charset = Charset.forName(declared.group(1));
            } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
                problems.error(
                        new Position(1, declared.start(1) + 1),
                        "",
                        "unknown encoding '" + declared.group(1) + "'",
                        "an encoding this JDK knows",
                        "save the file as UTF-8 and declare encoding=\"UTF-8\"");
                return null;
            }
        }
        return decode(bytes, 0, charset, problems);
    }

    private static @Nullable String decode(byte[] bytes, int offset, Charset charset, Problems problems) {
        ByteBuffer in = ByteBuffer.wrap(bytes, offset, bytes.length - offset);
        CharBuffer out = CharBuffer.allocate(bytes.length - offset + 1);
        CoderResult result = charset.newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT)
                .decode(in, out, true);
        String text = out.flip().toString();
        if (!result.isError()) {
            return text;
        }
        int line = (int) text.chars().filter(character -> character == '\n').count() + 1;
        int column = text.length() - text.lastIndexOf('\n');
        problems.error(
                new Position(line, column),
                "",
                "byte 0x" + String.format("%02X", bytes[in.position()]) + " is not " + charset.name(),
                "text in the encoding the file declares (UTF-8 when it declares none)",
                "save the file as UTF-8, or declare its real encoding in the first line");
        return null;
    }

    private static boolean startsWith(byte[] bytes, int... mark) {
        if (bytes.length < mark.length) {
            return false;
        }
        for (int index = 0; index < mark.length; index++) {
            if ((bytes[index] & 0xFF) != mark[index]) {
                return false;
            }
        }
        return true;
    }
}

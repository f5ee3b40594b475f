package org.stoneware.shell.link;

import java.nio.charset.StandardCharsets;

/**
 * One piece of what goes over the socket.
 * <pre>
 * offset  length  field
 *      0       1  {@link Type} code
 *      1       4  body length n (big endian)
 *      5       n  body
 * </pre>
 */
public record Frame(Type type, byte[] body) {
    /** Longer than any line a person types, short enough to be read at once. */
    public static final int MAX_BODY = 64 * 1024;

    /** Who says what. Codes never change meaning. */
    public enum Type {
        /** Client: version, columns, colours (0, 1), somebody can be asked (0, 1); one a line. */
        HELLO(1),
        /** Client: a line to run. */
        EXECUTE(2),
        /** Client: cursor and line to be completed; one a line. */
        COMPLETE(3),
        /** Client: answer to {@link #ASK}. */
        ANSWER(4),
        /** Client: end what runs. */
        CANCEL(5),
        /** Client: columns of a terminal that has changed. */
        RESIZE(6),
        /** Server: version, name, role, product version; one a line. */
        WELCOME(16),
        /** Server: output, bytes. */
        OUT(17),
        /** Server: complaints, bytes. */
        ERR(18),
        /** Server: question to whoever sits there. */
        ASK(19),
        /** Server: exit code, role; one a line. The end of what was to run. */
        DONE(20),
        /** Server: words that fit, one a line. */
        CANDIDATES(21);

        private final int code;

        Type(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    public static Frame of(Type type, String text) {
        return new Frame(type, text.getBytes(StandardCharsets.UTF_8));
    }

    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /** Line {@code index} of the body; empty when it has fewer. */
    public String line(int index) {
        String[] lines = text().split("\n", -1);
        return index < lines.length ? lines[index] : "";
    }
}

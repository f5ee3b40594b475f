package org.stoneware.config;

/**
 * Something to say about a configuration: what, where, what is allowed, what to do.
 *
 * @param severity how bad it is.
 * @param position where.
 * @param path     element path, for example {@code servers/server[1]/dso-port}; empty when it concerns the whole text.
 * @param what     what was found, with the value.
 * @param allowed  what is allowed; may be empty.
 * @param advice   what to do; may be empty.
 */
public record Problem(Severity severity, Position position, String path, String what, String allowed, String advice) {

    /** How bad it is. */
    public enum Severity {
        /** The server does not start. */
        ERROR,
        /** It starts, but probably not as meant. */
        WARNING,
        /** Worth knowing: an alias was read, an element has no effect here. */
        NOTICE
    }

    /**
     * One line: {@code file:line:col: path: value: what is allowed: what to do}.
     *
     * @param source name of the file.
     */
    public String format(String source) {
        StringBuilder text = new StringBuilder(source);
        if (position.line() > 0) {
            text.append(':').append(position.line()).append(':').append(position.column());
        }
        text.append(": ");
        if (!path.isEmpty()) {
            text.append(path).append(": ");
        }
        text.append(what);
        if (!allowed.isEmpty()) {
            text.append("; allowed: ").append(allowed);
        }
        if (!advice.isEmpty()) {
            text.append("; ").append(advice);
        }
        return text.toString();
    }
}

package org.stoneware.console;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * A complete answer to one request.
 *
 * @param status      HTTP status.
 * @param contentType media type with charset.
 * @param body        whole body; not changed after this.
 * @param headers     headers beside those every answer carries.
 */
record Answer(int status, String contentType, byte[] body, Map<String, String> headers) implements Reply {
    private static final String JSON = "application/json; charset=utf-8";
    private static final String TEXT = "text/plain; charset=utf-8";

    Answer {
        headers = Map.copyOf(headers);
    }

    static Answer json(int status, byte[] body) {
        return new Answer(status, JSON, body, Map.of());
    }

    /** Plain lines for people and probes; control characters of hostile origin become spaces. */
    static Answer text(int status, String line) {
        String printable = line.replaceAll("\\p{C}", " ") + "\n";
        return new Answer(status, TEXT, printable.getBytes(StandardCharsets.UTF_8), Map.of());
    }

    /**
     * An answer that says what is wrong and what to do about it.
     *
     * @param what    what happened.
     * @param allowed what would have been right.
     * @param todo    what to do now.
     */
    static Answer error(int status, String what, String allowed, String todo) {
        return json(status, ClusterJson.error(what, allowed, todo));
    }

    Answer with(String header, String value) {
        Map<String, String> more = new HashMap<>(headers);
        more.put(header, value);
        return new Answer(status, contentType, body, more);
    }
}

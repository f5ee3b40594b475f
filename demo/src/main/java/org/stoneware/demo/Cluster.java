package org.stoneware.demo;

import java.io.IOException;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The roles of an array as one of its servers tells them over its management port.
 *
 * @param roles role by server name, in file order, with the hyphenated names.
 */
public record Cluster(Map<String, String> roles) {
    public static final String ACTIVE = "ACTIVE-COORDINATOR";
    public static final String STANDBY = "PASSIVE-STANDBY";
    public static final String UNINITIALIZED = "PASSIVE-UNINITIALIZED";

    /** A name and the first role after it, with no other name between them: the order in a server's entry. */
    private static final Pattern NAME_THEN_ROLE = Pattern.compile(
            "\"name\"\\s*:\\s*\"([^\"]*)\"(?:(?!\"name\"\\s*:).)*?\"role\"\\s*:\\s*\"([^\"]*)\"", Pattern.DOTALL);

    /**
     * Asks one server.
     *
     * @param management its management address, {@code http://host:port}.
     * @throws IOException when it does not answer.
     */
    public static Cluster ask(String management) throws IOException {
        Page page = Page.get(URI.create(management + "/api/v1/cluster"), null);
        if (page.status() != 200) {
            throw new IOException("no cluster view: uri=" + management + " status=" + page.status());
        }
        return parse(page.body());
    }

    static Cluster parse(String json) {
        Map<String, String> roles = new LinkedHashMap<>();
        Matcher entries = NAME_THEN_ROLE.matcher(json);
        while (entries.find()) {
            roles.putIfAbsent(entries.group(1), entries.group(2));
        }
        return new Cluster(roles);
    }

    /** Role of one server, or {@code ""}. */
    public String role(String server) {
        return roles.getOrDefault(server, "");
    }
}

package org.stoneware.tomcat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.ArrayKey;
import org.stoneware.client.ClientSettings;

/**
 * The attributes of the valve, read and checked.
 *
 * @param servers            {@code host:port} of the servers; empty when none is usable.
 * @param operationTimeoutMs longest wait for an answer of the array.
 * @param ownerWaitMs        longest wait for a session another Tomcat is using.
 * @param maxSessionBytes    largest session that is sent.
 * @param maxLocalSessions   copies of sessions kept in this Tomcat, per application.
 * @param maxLocalBytes      serialized bytes of those copies.
 * @param detectsMutation    also notices values changed in place.
 * @param name               name of this Tomcat, for people; empty to make one up.
 * @param arrayKey           file of the array's key as written; empty for {@code conf/array.key} if there is one.
 * @param namespace          sets applications apart from those of the same name on other Tomcats; empty for none.
 * @param logs               directory of the client's log; empty for Tomcat's own log.
 */
record ValveSettings(
        List<String> servers,
        long operationTimeoutMs,
        long ownerWaitMs,
        int maxSessionBytes,
        int maxLocalSessions,
        long maxLocalBytes,
        boolean detectsMutation,
        String name,
        String arrayKey,
        String namespace,
        String logs) {
    static final int DEFAULT_PORT = 9510;
    static final long DEFAULT_OPERATION_TIMEOUT_MS = 5_000;
    static final long DEFAULT_OWNER_WAIT_MS = 30_000;
    static final int DEFAULT_MAX_SESSION_BYTES = 16 * 1024 * 1024;
    static final int DEFAULT_MAX_LOCAL_SESSIONS = 10_000;
    static final long DEFAULT_MAX_LOCAL_BYTES = 64L * 1024 * 1024;

    ValveSettings {
        servers = List.copyOf(servers);
    }

    ClientSettings toClientSettings(String fallbackName, String productVersion) {
        return new ClientSettings(
                servers,
                name.isEmpty() ? fallbackName : name,
                productVersion,
                operationTimeoutMs,
                ownerWaitMs,
                maxSessionBytes);
    }

    /**
     * File of the array's key; null when none is named and there is none in the usual place.
     *
     * @param catalinaBase directory of this Tomcat.
     */
    @Nullable
    Path arrayKeyFile(Path catalinaBase) {
        if (!arrayKey.isEmpty()) {
            return catalinaBase.resolve(arrayKey);
        }
        Path usual = catalinaBase.resolve("conf").resolve(ArrayKey.FILE_NAME);
        // One that can't be looked at is not missing: reading it will say what is wrong.
        return Files.notExists(usual) ? null : usual;
    }

    /** What {@link #parse} has to say to the operator, line by line. */
    record Remarks(List<String> errors, List<String> notices) {
        Remarks() {
            this(new ArrayList<>(), new ArrayList<>());
        }
    }

    /**
     * Reads attributes as they stand in context.xml. Bad ones are an error line and their default; an unusable list of servers
     * leaves {@link #servers} empty.
     */
    static ValveSettings parse(Map<String, String> attributes, Remarks remarks) {
        Reader reader = new Reader(attributes, remarks);
        long nonStopMs = reader.number("nonStopTimeout", -1, -1, Integer.MAX_VALUE);
        long operationMs = reader.number(
                "operationTimeoutMs", nonStopMs > 0 ? nonStopMs : DEFAULT_OPERATION_TIMEOUT_MS, 1, Integer.MAX_VALUE);
        if (attributes.containsKey("synchronousWrite") && !reader.truth("synchronousWrite", true)) {
            remarks.notices().add("synchronousWrite=false has no effect: writes are always synchronous");
        }
        if (attributes.containsKey("sessionLocking") && !reader.truth("sessionLocking", true)) {
            remarks.notices()
                    .add("sessionLocking=false has no effect: one Tomcat at a time owns a session, requests inside it"
                            + " share it");
        }
        if (attributes.containsKey("rejoin") && !reader.truth("rejoin", true)) {
            remarks.notices().add("rejoin=false has no effect: this Tomcat always rejoins the array");
        }
        for (String name : List.of("concurrency", "maxBytesOffHeap")) {
            if (attributes.containsKey(name)) {
                remarks.notices().add(name + " has no effect here");
            }
        }
        return new ValveSettings(
                servers(attributes.getOrDefault("tcConfigUrl", ""), remarks),
                operationMs,
                reader.number("ownerWaitMs", DEFAULT_OWNER_WAIT_MS, 0, Integer.MAX_VALUE),
                (int) reader.bytes("maxSessionBytes", DEFAULT_MAX_SESSION_BYTES, Integer.MAX_VALUE),
                (int) reader.number("maxLocalSessions", DEFAULT_MAX_LOCAL_SESSIONS, 0, Integer.MAX_VALUE),
                reader.bytes("maxBytesOnHeap", DEFAULT_MAX_LOCAL_BYTES, Long.MAX_VALUE),
                reader.truth("detectMutation", true),
                attributes.getOrDefault("name", "").strip(),
                attributes.getOrDefault("arrayKey", "").strip(),
                reader.name("namespace"),
                attributes.getOrDefault("logs", "").strip());
    }

    /** Tolerates order, blanks, empty entries, a user name before the host, and a port left out. */
    private static List<String> servers(String text, Remarks remarks) {
        Set<String> servers = new LinkedHashSet<>();
        for (String part : text.split("[,;\\s]+")) {
            if (part.isEmpty()) {
                continue;
            }
            String address = part.substring(part.lastIndexOf('@') + 1);
            int colon = address.lastIndexOf(':');
            boolean hasPort = colon > address.lastIndexOf(']') && address.indexOf(':') == colon
                    || address.startsWith("[") && colon > address.lastIndexOf(']');
            String host = hasPort ? address.substring(0, colon) : address;
            String port = hasPort ? address.substring(colon + 1) : String.valueOf(DEFAULT_PORT);
            if (isHost(host) && isPort(port)) {
                servers.add(host + ':' + port);
            } else {
                remarks.errors().add("tcConfigUrl has an entry that is not host:port and is passed over: " + part);
            }
        }
        if (servers.isEmpty()) {
            remarks.errors()
                    .add("tcConfigUrl names no server (expected for example \"server1:9510,server2:9510\");"
                            + " requests that need a session are answered with 503");
        }
        return List.copyOf(servers);
    }

    private static boolean isHost(String host) {
        return host.matches("[A-Za-z0-9._-]+") || host.matches("\\[[0-9A-Fa-f:.%A-Za-z0-9]+]");
    }

    private static boolean isPort(String port) {
        return port.matches("[0-9]{1,5}") && Integer.parseInt(port) >= 1 && Integer.parseInt(port) <= 65_535;
    }

    /** Reads single values; a bad one is an error line and the default. */
    private record Reader(Map<String, String> attributes, Remarks remarks) {
        long number(String name, long fallback, long min, long max) {
            String text = attributes.getOrDefault(name, "").strip();
            if (text.isEmpty()) {
                return fallback;
            }
            try {
                long value = Long.parseLong(text);
                if (value >= min && value <= max) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // Reported below, with the range that is allowed.
            }
            remarks.errors()
                    .add(name + "=\"" + text + "\" is not a number from " + min + " to " + max + "; " + fallback
                            + " is used");
            return fallback;
        }

        long bytes(String name, long fallback, long max) {
            String text = attributes.getOrDefault(name, "").strip().toUpperCase(Locale.ROOT);
            if (text.isEmpty()) {
                return fallback;
            }
            if (text.matches("[0-9]{1,12}[KMG]?B?")) {
                String digits = text.replaceAll("[^0-9]", "");
                long unit = text.contains("G")
                        ? 1L << 30
                        : text.contains("M") ? 1L << 20 : text.contains("K") ? 1L << 10 : 1;
                long value = Long.parseLong(digits) * unit;
                if (value >= 1 && value <= max) {
                    return value;
                }
            }
            remarks.errors()
                    .add(name + "=\"" + text + "\" is not a size such as 512K, 64M or 1G; " + fallback + " is used");
            return fallback;
        }

        /** A word, or nothing. */
        String name(String name) {
            String text = attributes.getOrDefault(name, "").strip();
            if (text.isEmpty() || text.matches("[A-Za-z0-9._-]{1,64}")) {
                return text;
            }
            remarks.errors()
                    .add(name + "=\"" + text + "\" is not made of at most 64 letters, digits, dots, hyphens and"
                            + " underscores; none is used");
            return "";
        }

        boolean truth(String name, boolean fallback) {
            String text = attributes.getOrDefault(name, "").strip().toLowerCase(Locale.ROOT);
            if (text.isEmpty()) {
                return fallback;
            }
            if (text.equals("true") || text.equals("false")) {
                return text.equals("true");
            }
            remarks.errors().add(name + "=\"" + text + "\" is neither true nor false; " + fallback + " is used");
            return fallback;
        }
    }
}

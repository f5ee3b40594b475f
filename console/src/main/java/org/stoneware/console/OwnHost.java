package org.stoneware.console;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Knows the Host headers that name this server: an address, {@code localhost}, or its host in tc-config. A web page whose name was pointed at
 * this machine (DNS rebinding) is none of them.
 */
final class OwnHost {
    private static final Pattern HOST = Pattern.compile("(\\[[0-9a-f:.]+]|[^:\\[\\]]+)(?::\\d{1,5})?");
    private static final Pattern ADDRESS = Pattern.compile("\\[.*]|\\d{1,3}(?:\\.\\d{1,3}){3}");

    private final String configured;

    OwnHost(String configured) {
        this.configured = configured.toLowerCase(Locale.ROOT);
    }

    boolean matches(@Nullable String header) {
        if (header == null) {
            return false;
        }
        Matcher matcher = HOST.matcher(header.trim().toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            return false;
        }
        String host = matcher.group(1);
        return host.equals("localhost")
                || host.equals(configured)
                || ADDRESS.matcher(host).matches();
    }

    @Override
    public String toString() {
        return configured;
    }
}

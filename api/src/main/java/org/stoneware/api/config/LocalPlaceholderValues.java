package org.stoneware.api.config;

import java.io.File;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** The machine and the JVM this runs in. */
public class LocalPlaceholderValues implements PlaceholderValues {
    private static final DateTimeFormatter TIMESTAMP = DateTimeFormatter.ofPattern("yyyyMMddHHmmssSSS");
    private static final Instant LOADED = Instant.now();

    @Override
    public @Nullable String property(String name) {
        return System.getProperty(name);
    }

    @Override
    public String hostName() {
        return localHost().getHostName();
    }

    @Override
    public String canonicalHostName() {
        return localHost().getCanonicalHostName();
    }

    @Override
    public String hostAddress() {
        return localHost().getHostAddress();
    }

    @Override
    public String freshTemporaryDirectory() {
        return System.getProperty("java.io.tmpdir", ".") + File.separator + "stoneware-" + startTimestamp() + "-"
                + ProcessHandle.current().pid();
    }

    @Override
    public String startTimestamp() {
        Instant start = ProcessHandle.current().info().startInstant().orElse(LOADED);
        return TIMESTAMP.format(start.atZone(ZoneId.systemDefault()));
    }

    private static InetAddress localHost() {
        try {
            return InetAddress.getLocalHost();
        } catch (UnknownHostException e) {
            return InetAddress.getLoopbackAddress();
        }
    }
}

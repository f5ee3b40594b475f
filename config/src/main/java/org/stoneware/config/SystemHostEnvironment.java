package org.stoneware.config;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The machine this JVM runs on. A host is looked up once. */
public final class SystemHostEnvironment implements HostEnvironment {
    private static final DateTimeFormatter TIMESTAMP = DateTimeFormatter.ofPattern("yyyyMMddHHmmssSSS");

    private final Map<String, HostFacts> factsByHost = new ConcurrentHashMap<>();

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
        Instant start =
                Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime());
        return TIMESTAMP.format(start.atZone(ZoneId.systemDefault()));
    }

    @Override
    public HostFacts facts(String host) {
        return factsByHost.computeIfAbsent(host, SystemHostEnvironment::lookUp);
    }

    private static HostFacts lookUp(String host) {
        try {
            InetAddress[] addresses = InetAddress.getAllByName(host);
            return new HostFacts(
                    addresses[0].getHostAddress(),
                    Arrays.stream(addresses).allMatch(InetAddress::isLoopbackAddress),
                    Arrays.stream(addresses).anyMatch(SystemHostEnvironment::isLocal),
                    addresses[0].isAnyLocalAddress());
        } catch (UnknownHostException e) {
            return HostFacts.UNKNOWN;
        }
    }

    private static boolean isLocal(InetAddress address) {
        if (address.isLoopbackAddress() || address.isAnyLocalAddress()) {
            return true;
        }
        try {
            return NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException e) {
            return false; // unknown counts as foreign: that is a warning, never an error
        }
    }

    private static InetAddress localHost() {
        try {
            return InetAddress.getLocalHost();
        } catch (UnknownHostException e) {
            return InetAddress.getLoopbackAddress();
        }
    }
}

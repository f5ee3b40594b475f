package org.stoneware.config;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.stoneware.api.config.LocalPlaceholderValues;

/** The machine this JVM runs on. A host is looked up once. */
public final class SystemHostEnvironment extends LocalPlaceholderValues implements HostEnvironment {
    private final Map<String, HostFacts> factsByHost = new ConcurrentHashMap<>();

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
}

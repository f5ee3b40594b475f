package org.stoneware.demo;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Finds ports nobody uses. What is free now may be taken a moment later; the program that binds then says so.
 */
public final class FreePorts {
    /** Below the range Linux gives to outgoing connections, which would take a port away again. */
    private static final int LOWEST = 20_000;

    private static final int HIGHEST = 32_000;
    private static final int MAX_ATTEMPTS = 200;

    private FreePorts() {}

    /** True when {@code address} exists here and the port is free for TCP and UDP. */
    public static boolean isFree(String address, int port) {
        try (ServerSocket tcp = new ServerSocket();
                DatagramSocket udp = new DatagramSocket(null)) {
            InetSocketAddress local = new InetSocketAddress(InetAddress.getByName(address), port);
            tcp.setReuseAddress(true);
            tcp.bind(local);
            udp.bind(local);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** {@code preferred} when it is free, else another. */
    public static int near(String address, int preferred) {
        return base(List.of(address), preferred, 0);
    }

    /**
     * A port for which it and the given steps above it are free on all addresses.
     *
     * @param preferred tried first.
     * @param steps     distances of the further ports.
     */
    public static int base(List<String> addresses, int preferred, int... steps) {
        SplittableRandom random = new SplittableRandom();
        int port = preferred;
        for (int i = 0; i < MAX_ATTEMPTS; i++) {
            if (areFree(addresses, port, steps)) {
                return port;
            }
            port = random.nextInt(LOWEST, HIGHEST);
        }
        throw new IllegalStateException("no free ports found on " + addresses);
    }

    private static boolean areFree(List<String> addresses, int port, int... steps) {
        for (String address : addresses) {
            if (!isFree(address, port)) {
                return false;
            }
            for (int step : steps) {
                if (!isFree(address, port + step)) {
                    return false;
                }
            }
        }
        return true;
    }
}

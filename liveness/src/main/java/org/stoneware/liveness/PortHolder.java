package org.stoneware.liveness;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Finds the process that listens where somebody else wants to, where the operating system tells (Linux, own processes or as root). */
final class PortHolder {
    private static final String LISTEN_STATE = "0A";
    private static final int LOCAL_ADDRESS_COLUMN = 1;
    private static final int STATE_COLUMN = 3;
    private static final int INODE_COLUMN = 9;

    private PortHolder() {}

    /** @return for example {@code pid 4711 (java)}; empty when it can't be known. */
    static Optional<String> find(InetSocketAddress wanted) {
        try {
            Set<String> sockets = new HashSet<>();
            listeningSockets(Path.of("/proc/net/tcp"), wanted, sockets);
            listeningSockets(Path.of("/proc/net/tcp6"), wanted, sockets);
            return sockets.isEmpty() ? Optional.empty() : processHolding(sockets);
        } catch (IOException | RuntimeException e) {
            // Only embellishes a message; not knowing is an answer.
            return Optional.empty();
        }
    }

    private static void listeningSockets(Path table, InetSocketAddress wanted, Set<String> into) throws IOException {
        if (!Files.isReadable(table)) {
            return;
        }
        String portInHex = String.format(":%04X", wanted.getPort());
        for (String line : Files.readAllLines(table, StandardCharsets.US_ASCII)) {
            String[] columns = line.trim().split("\\s+");
            if (columns.length > INODE_COLUMN
                    && columns[STATE_COLUMN].equals(LISTEN_STATE)
                    && columns[LOCAL_ADDRESS_COLUMN].endsWith(portInHex)
                    && isInTheWay(columns[LOCAL_ADDRESS_COLUMN], wanted.getAddress())) {
                into.add("socket:[" + columns[INODE_COLUMN] + "]");
            }
        }
    }

    /** The same port of another address is nobody's concern: two servers on one machine have the same ports. */
    private static boolean isInTheWay(String local, InetAddress wanted) throws UnknownHostException {
        InetAddress held = address(local.substring(0, local.indexOf(':')));
        return held.equals(wanted) || held.isAnyLocalAddress() || wanted.isAnyLocalAddress();
    }

    /** An address as the kernel prints it: words of 32 bits in the machine's order. */
    private static InetAddress address(String hex) throws UnknownHostException {
        ByteBuffer bytes = ByteBuffer.allocate(hex.length() / 2).order(ByteOrder.nativeOrder());
        for (int at = 0; at < hex.length(); at += 8) {
            bytes.putInt(Integer.parseUnsignedInt(hex.substring(at, at + 8), 16));
        }
        return InetAddress.getByAddress(bytes.array());
    }

    private static Optional<String> processHolding(Set<String> sockets) throws IOException {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                if (isHolding(process, sockets)) {
                    String pid = process.getFileName().toString();
                    String name = Files.readString(process.resolve("comm")).trim();
                    return Optional.of("pid " + pid + " (" + name + ")");
                }
            }
        }
        return Optional.empty();
    }

    private static boolean isHolding(Path process, Set<String> sockets) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path file : files) {
                if (sockets.contains(Files.readSymbolicLink(file).toString())) {
                    return true;
                }
            }
        } catch (IOException | RuntimeException e) {
            // Another user's process, or one that has just ended.
            return false;
        }
        return false;
    }
}

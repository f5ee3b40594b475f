package org.stoneware.liveness;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Optional;

/** Says in one line why a port can't be bound and what to do. */
final class BindFailure {
    private static final int FIRST_UNPRIVILEGED_PORT = 1024;

    private BindFailure() {}

    static String where(InetSocketAddress address, String door) {
        InetAddress host = address.getAddress();
        String text = host == null ? address.getHostString() : host.getHostAddress();
        String bracketed = text.indexOf(':') >= 0 ? "[" + text + "]" : text;
        return "cannot bind " + bracketed + ":" + address.getPort() + (door.isEmpty() ? "" : " (" + door + ")");
    }

    /** Goes by facts rather than by the text of the exception, which the kernel words in the language of the machine. */
    static String explain(InetSocketAddress address, String door, Exception e) {
        String where = where(address, door);
        String portName = door.isEmpty() ? "port" : door;
        if (!(e instanceof SocketException)) {
            return where + ": " + e;
        }
        if (!isOfThisMachine(address.getAddress())) {
            return where
                    + ": not an address of this machine; correct host or bind of this server in the configuration file";
        }
        Optional<String> holder = PortHolder.find(address);
        if (holder.isEmpty() && address.getPort() > 0 && address.getPort() < FIRST_UNPRIVILEGED_PORT) {
            return where + ": ports below " + FIRST_UNPRIVILEGED_PORT + " need privileges (" + e.getMessage()
                    + "); set another " + portName + " in the configuration file";
        }
        return where + ": address in use" + holder.map(by -> " by " + by).orElse("")
                + "; stop that process (ss -ltnp 'sport = :" + address.getPort() + "' shows it) or set another "
                + portName
                + " in the configuration file";
    }

    private static boolean isOfThisMachine(InetAddress host) {
        if (host.isAnyLocalAddress() || host.isLoopbackAddress()) {
            return true;
        }
        try {
            return NetworkInterface.getByInetAddress(host) != null;
        } catch (SocketException e) {
            return true;
        }
    }
}

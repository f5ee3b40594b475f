package org.stoneware.transport.aeron;

import io.aeron.Aeron;
import io.aeron.Subscription;
import io.aeron.exceptions.AeronException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.concurrent.ThreadLocalRandom;
import org.stoneware.spi.transport.TransportException;

/**
 * One local address, held open by a subscription to a stream nobody sends. Subscriptions that name its tag share its socket.
 */
final class BoundAddress {
    /** Nothing that names this stream is admitted. */
    private static final int HOLDER_STREAM_ID = 0;

    private final InetSocketAddress address;
    private final boolean isPortChosen;
    private final long tag;
    private final Subscription holder;

    private BoundAddress(InetSocketAddress address, boolean isPortChosen, long tag, Subscription holder) {
        this.address = address;
        this.isPortChosen = isPortChosen;
        this.tag = tag;
        this.holder = holder;
    }

    static BoundAddress open(Aeron aeron, InetSocketAddress wanted, long tag) {
        String channel = "aeron:udp?endpoint=" + endpoint(wanted) + "|tags=" + tag + "|session-id="
                + ThreadLocalRandom.current().nextInt();
        Subscription holder;
        try {
            holder = aeron.addSubscription(channel, HOLDER_STREAM_ID);
        } catch (AeronException e) {
            throw new TransportException("can't bind UDP " + endpoint(wanted) + ": " + reason(wanted, e), e);
        }
        int port = boundPort(holder, wanted);
        return new BoundAddress(new InetSocketAddress(wanted.getAddress(), port), wanted.getPort() == 0, tag, holder);
    }

    /** The same address held by another driver. */
    BoundAddress openAgain(Aeron aeron, long newTag) {
        BoundAddress again = open(aeron, address, newTag);
        return new BoundAddress(address, isPortChosen, newTag, again.holder);
    }

    /** Lets go of the address; streams that share its socket keep it. */
    void close() {
        holder.close();
    }

    /** Nobody was told to expect this port. */
    boolean isPortChosen() {
        return isPortChosen;
    }

    /** Goes by facts: what the driver says is a chain of exceptions, in the language of the machine at its end. */
    private static String reason(InetSocketAddress wanted, AeronException e) {
        try (DatagramSocket probe = new DatagramSocket(null)) {
            if (NetworkInterface.getByInetAddress(wanted.getAddress()) == null
                    && !wanted.getAddress().isAnyLocalAddress()
                    && !wanted.getAddress().isLoopbackAddress()) {
                return "not an address of this machine; correct host or bind of this server in the configuration file";
            }
            probe.bind(wanted);
            return String.valueOf(e.getMessage());
        } catch (BindException inUse) {
            return "another process holds this port of UDP; stop it (ss -lunp 'sport = :" + wanted.getPort()
                    + "' shows it) or set another port in the configuration file";
        } catch (SocketException other) {
            return String.valueOf(e.getMessage());
        }
    }

    InetSocketAddress address() {
        return address;
    }

    long tag() {
        return tag;
    }

    /** An address as an Aeron channel spells it. */
    static String endpoint(InetSocketAddress address) {
        InetAddress host = address.getAddress();
        String literal = host.getHostAddress();
        return (host instanceof Inet6Address ? "[" + literal + "]" : literal) + ":" + address.getPort();
    }

    private static int boundPort(Subscription holder, InetSocketAddress wanted) {
        if (wanted.getPort() != 0) {
            return wanted.getPort();
        }
        for (String local : holder.localSocketAddresses()) {
            return Integer.parseInt(local.substring(local.lastIndexOf(':') + 1));
        }
        holder.close();
        throw new TransportException("can't learn the port chosen for " + endpoint(wanted));
    }
}

package org.stoneware.transport.aeron;

import io.aeron.Aeron;
import io.aeron.Subscription;
import io.aeron.exceptions.AeronException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ThreadLocalRandom;
import org.stoneware.spi.transport.TransportException;

/**
 * One local address, held open by a subscription to a stream nobody sends. Subscriptions that name its tag share its socket.
 */
final class BoundAddress {
    /** Nothing that names this stream is admitted. */
    private static final int HOLDER_STREAM_ID = 0;

    private final InetSocketAddress address;
    private final long tag;

    private BoundAddress(InetSocketAddress address, long tag) {
        this.address = address;
        this.tag = tag;
    }

    static BoundAddress open(Aeron aeron, InetSocketAddress wanted, long tag) {
        String channel = "aeron:udp?endpoint=" + endpoint(wanted) + "|tags=" + tag + "|session-id="
                + ThreadLocalRandom.current().nextInt();
        Subscription holder;
        try {
            holder = aeron.addSubscription(channel, HOLDER_STREAM_ID);
        } catch (AeronException e) {
            throw new TransportException("can't bind UDP " + endpoint(wanted) + ": " + e.getMessage(), e);
        }
        int port = boundPort(holder, wanted);
        return new BoundAddress(new InetSocketAddress(wanted.getAddress(), port), tag);
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

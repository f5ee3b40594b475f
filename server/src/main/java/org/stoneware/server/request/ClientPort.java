package org.stoneware.server.request;

import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a Tomcat, as the request side sees it. Agent thread only.
 */
public final class ClientPort {
    private final Output output;
    private final String address;

    /** The Tomcat registered over it; null before the registration is committed. */
    @Nullable
    ClientRow row;

    /** A registration that came over it is not committed yet. */
    boolean isRegistering;
    /** The connection has ended. */
    boolean isGone;

    /** Where messages to this Tomcat go. */
    @FunctionalInterface
    public interface Output {
        /**
         * <b>Ownership:</b> {@code buffer} is a view valid until this call returns.
         *
         * @return false when the connection has lost its use.
         */
        boolean send(DirectBuffer buffer, int offset, int length);
    }

    /** @param address where the Tomcat connected from, for people. */
    public ClientPort(Output output, String address) {
        this.output = output;
        this.address = address;
    }

    String address() {
        return address;
    }

    boolean send(DirectBuffer buffer, int length) {
        return output.send(buffer, 0, length);
    }
}

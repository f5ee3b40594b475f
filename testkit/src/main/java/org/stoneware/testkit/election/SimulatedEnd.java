package org.stoneware.testkit.election;

/** One end of the connection between two servers, as its own process sees it. */
final class SimulatedEnd {
    long connection;
    long peerIncarnation;
    boolean isOpen;
    boolean isSilent;
    long heardNs;
    long lastDeliveryNs = Long.MIN_VALUE;

    void open(long nextConnection, long incarnation, long nowNs) {
        connection = nextConnection;
        peerIncarnation = incarnation;
        isOpen = true;
        isSilent = false;
        heardNs = nowNs;
        lastDeliveryNs = nowNs;
    }
}

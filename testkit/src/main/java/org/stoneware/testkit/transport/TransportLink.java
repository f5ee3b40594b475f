package org.stoneware.testkit.transport;

import org.stoneware.spi.transport.Connection;

/** Both ends of one connection. */
public final class TransportLink {
    private final TransportRig rig;
    private final TransportEnd client;
    private final TransportEnd server;
    private final Connection here;
    private final Connection there;

    TransportLink(TransportRig rig, TransportEnd client, TransportEnd server, Connection here, Connection there) {
        this.rig = rig;
        this.client = client;
        this.server = server;
        this.here = here;
        this.there = there;
    }

    public TransportEnd client() {
        return client;
    }

    public TransportEnd server() {
        return server;
    }

    /** The client's end. */
    public Connection here() {
        return here;
    }

    /** The server's end. */
    public Connection there() {
        return there;
    }

    public int stream() {
        return here.spec().connectionId();
    }

    public int maxLength() {
        return Math.min(here.maxFrameLength(), there.maxFrameLength());
    }

    public void exchange(int count) {
        exchange(0, count);
    }

    /** Sends frames both ways and waits until all are heard. */
    public void exchange(int first, int count) {
        int heardBack = client.heard(here).size();
        for (int sequence = first; sequence < first + count; sequence++) {
            byte[] frame = TestFrames.frame(1, sequence, TestFrames.length(sequence, maxLength()));
            rig.await(() -> client.trySend(here, frame) > 0, "room for a frame");
            rig.await(() -> server.trySend(there, frame) > 0, "room for a frame back");
        }
        rig.await(() -> server.heard(there).size() >= first + count, "the server heard all");
        rig.await(() -> client.heard(here).size() >= heardBack + count, "the client heard all");
    }

    public boolean hasHeard(int count) {
        return server.heard(there).size() >= count && client.heard(here).size() >= count;
    }

    public void checkExchanged(int count) {
        TestFrames.checkHeard(server.heard(there), 1, count, maxLength());
        TestFrames.checkHeard(client.heard(here), 1, count, maxLength());
    }
}

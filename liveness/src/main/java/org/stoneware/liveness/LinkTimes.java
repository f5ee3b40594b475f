package org.stoneware.liveness;

import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;

/** How often one connection beats and when it counts as silent: what the reply named, else what suits the kind of caller. */
final class LinkTimes {
    private final LivenessSettings settings;
    private volatile Hello.Kind kind = Hello.Kind.PROBE;
    private volatile int heartbeatMs;
    private volatile int silenceMs;

    LinkTimes(LivenessSettings settings) {
        this.settings = settings;
    }

    /** Notes who the caller is. */
    void kind(Hello.Kind caller) {
        kind = caller;
    }

    /** The reply with times filled in where it leaves them to the network. */
    HelloReply completed(HelloReply reply) {
        return new HelloReply(
                reply.status(),
                reply.serverName(),
                reply.incarnation(),
                reply.role(),
                reply.epoch(),
                reply.activeAddress(),
                reply.transport(),
                reply.connectionId(),
                reply.keyHigh(),
                reply.keyLow(),
                reply.dataAddress(),
                reply.heartbeatMs() > 0 ? reply.heartbeatMs() : settings.heartbeatMs(kind),
                reply.silenceMs() > 0 ? reply.silenceMs() : settings.silenceMs(kind),
                reply.reason());
    }

    /** Takes over what the reply names. */
    void agreed(HelloReply reply) {
        heartbeatMs = reply.heartbeatMs();
        silenceMs = reply.silenceMs();
    }

    /** What the reply named, within reason: a peer must not make us spin or fall silent. */
    long heartbeatNs() {
        int wanted = heartbeatMs > 0 ? heartbeatMs : settings.heartbeatMs(kind);
        return Math.min(Math.max(wanted, 5), 10_000) * 1_000_000L;
    }

    long silenceNs() {
        int wanted = silenceMs > 0 ? silenceMs : settings.silenceMs(kind);
        return Math.min(Math.max(wanted, 20), 600_000) * 1_000_000L;
    }
}

package org.stoneware.liveness;

import org.stoneware.spi.liveness.Hello;

/**
 * Times and bounds of a {@link TcpLivenessNetwork}.
 *
 * @param serverHeartbeatMs interval of heartbeats between servers.
 * @param serverSilenceMs   silence between servers that is reported.
 * @param valveHeartbeatMs  interval of heartbeats to and from Tomcats and tools.
 * @param valveSilenceMs    silence to and from them that is reported.
 * @param helloTimeoutMs    how long a connection may stay without hello, and a hello without answer.
 * @param maxUngreeted      accepted connections that have not said hello; one more ends the oldest of them.
 * @param maxConnections    connections of all kinds; one more is closed at once.
 * @param maxWaitingBytes   messages of one connection waiting to be written; one more is refused to the sender.
 * @param writeStallMs      how long bytes may wait without one being taken before the peer counts as not reading and is closed.
 * @param goodbyeWaitMs     how long a goodbye may take to be written and read.
 */
public record LivenessSettings(
        int serverHeartbeatMs,
        int serverSilenceMs,
        int valveHeartbeatMs,
        int valveSilenceMs,
        int helloTimeoutMs,
        int maxUngreeted,
        int maxConnections,
        int maxWaitingBytes,
        int writeStallMs,
        int goodbyeWaitMs) {
    private static final int MAX_TIME_MS = 3_600_000;

    /** @throws IllegalArgumentException naming the value that is out of range. */
    public LivenessSettings {
        inRange("serverHeartbeatMs", serverHeartbeatMs, 1, MAX_TIME_MS);
        inRange("serverSilenceMs", serverSilenceMs, serverHeartbeatMs, MAX_TIME_MS);
        inRange("valveHeartbeatMs", valveHeartbeatMs, 1, MAX_TIME_MS);
        inRange("valveSilenceMs", valveSilenceMs, valveHeartbeatMs, MAX_TIME_MS);
        inRange("helloTimeoutMs", helloTimeoutMs, 1, MAX_TIME_MS);
        inRange("maxUngreeted", maxUngreeted, 1, 1 << 16);
        inRange("maxConnections", maxConnections, 1, 1 << 16);
        inRange("maxWaitingBytes", maxWaitingBytes, 128 * 1024, 1 << 28);
        inRange("writeStallMs", writeStallMs, 1, MAX_TIME_MS);
        inRange("goodbyeWaitMs", goodbyeWaitMs, 1, 60_000);
    }

    /** What a server and a Tomcat use unless told otherwise; survives a peer frozen for 15 s. */
    public static LivenessSettings defaults() {
        return new LivenessSettings(50, 500, 250, 1500, 5000, 64, 1024, 256 * 1024, 30_000, 1000);
    }

    public LivenessSettings withServerBeat(int heartbeatMs, int silenceMs) {
        return new LivenessSettings(
                heartbeatMs,
                silenceMs,
                valveHeartbeatMs,
                valveSilenceMs,
                helloTimeoutMs,
                maxUngreeted,
                maxConnections,
                maxWaitingBytes,
                writeStallMs,
                goodbyeWaitMs);
    }

    public LivenessSettings withValveBeat(int heartbeatMs, int silenceMs) {
        return new LivenessSettings(
                serverHeartbeatMs,
                serverSilenceMs,
                heartbeatMs,
                silenceMs,
                helloTimeoutMs,
                maxUngreeted,
                maxConnections,
                maxWaitingBytes,
                writeStallMs,
                goodbyeWaitMs);
    }

    public LivenessSettings withTimeouts(int helloMs, int stallMs, int goodbyeMs) {
        return new LivenessSettings(
                serverHeartbeatMs,
                serverSilenceMs,
                valveHeartbeatMs,
                valveSilenceMs,
                helloMs,
                maxUngreeted,
                maxConnections,
                maxWaitingBytes,
                stallMs,
                goodbyeMs);
    }

    public LivenessSettings withBounds(int ungreeted, int connections, int waitingBytes) {
        return new LivenessSettings(
                serverHeartbeatMs,
                serverSilenceMs,
                valveHeartbeatMs,
                valveSilenceMs,
                helloTimeoutMs,
                ungreeted,
                connections,
                waitingBytes,
                writeStallMs,
                goodbyeWaitMs);
    }

    int heartbeatMs(Hello.Kind kind) {
        return kind == Hello.Kind.SERVER ? serverHeartbeatMs : valveHeartbeatMs;
    }

    int silenceMs(Hello.Kind kind) {
        return kind == Hello.Kind.SERVER ? serverSilenceMs : valveSilenceMs;
    }

    private static void inRange(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(
                    "setting out of range: " + name + "=" + value + " min=" + min + " max=" + max);
        }
    }
}

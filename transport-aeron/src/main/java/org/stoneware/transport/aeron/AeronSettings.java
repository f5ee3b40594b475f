package org.stoneware.transport.aeron;

import static java.util.concurrent.TimeUnit.MINUTES;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.nio.file.Path;
import java.util.List;

/**
 * Times, lengths and places the driver and client are opened with. Validated and immutable after {@link #conclude()}; the
 * defaults are what ships, tests shorten the times.
 */
final class AeronSettings {
    /** Payload of one datagram that fits every Ethernet without fragmentation. */
    static final int NETWORK_MTU_LENGTH = 1408;
    /** Payload of one datagram between two ends on one host. */
    static final int SAME_HOST_MTU_LENGTH = 8192;
    /** Smallest datagram payload that leaves 1024 bytes to a frame. */
    static final int MIN_MTU_LENGTH = 1088;

    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    private long clientLivenessTimeoutNs = MINUTES.toNanos(10);
    private long peerSilenceTimeoutNs = SECONDS.toNanos(40);
    private long lingerTimeoutNs = SECONDS.toNanos(5);
    private long rebuildIntervalNs = SECONDS.toNanos(1);
    private List<Path> directoryParents = List.of(SHARED_MEMORY, Path.of(System.getProperty("java.io.tmpdir", "/tmp")));
    private boolean isConcluded;

    /** Silence of our own agent after which driver and client give themselves up and are rebuilt. */
    long clientLivenessTimeoutNs() {
        return clientLivenessTimeoutNs;
    }

    AeronSettings clientLivenessTimeoutNs(long value) {
        checkNotConcluded();
        clientLivenessTimeoutNs = value;
        return this;
    }

    /** Silence of the other end after which a connection is lost; longer than any freeze to survive. */
    long peerSilenceTimeoutNs() {
        return peerSilenceTimeoutNs;
    }

    AeronSettings peerSilenceTimeoutNs(long value) {
        checkNotConcluded();
        peerSilenceTimeoutNs = value;
        return this;
    }

    /** Time a closed stream has to deliver what it holds. */
    long lingerTimeoutNs() {
        return lingerTimeoutNs;
    }

    /** Pause between attempts to rebuild. */
    long rebuildIntervalNs() {
        return rebuildIntervalNs;
    }

    AeronSettings rebuildIntervalNs(long value) {
        checkNotConcluded();
        rebuildIntervalNs = value;
        return this;
    }

    /** Where a driver directory may live, best first. */
    List<Path> directoryParents() {
        return directoryParents;
    }

    AeronSettings directoryParents(List<Path> value) {
        checkNotConcluded();
        directoryParents = List.copyOf(value);
        return this;
    }

    AeronSettings conclude() {
        checkNotConcluded();
        if (clientLivenessTimeoutNs <= 0 || peerSilenceTimeoutNs <= 0 || rebuildIntervalNs <= 0) {
            throw new IllegalArgumentException("time-outs must be positive");
        }
        if (directoryParents.isEmpty()) {
            throw new IllegalArgumentException("no directory for the driver");
        }
        isConcluded = true;
        return this;
    }

    private void checkNotConcluded() {
        if (isConcluded) {
            throw new IllegalStateException("settings are in use");
        }
    }
}

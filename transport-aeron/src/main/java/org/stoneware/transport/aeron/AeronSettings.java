package org.stoneware.transport.aeron;

import static java.util.concurrent.TimeUnit.MINUTES;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.nio.file.Path;
import java.util.List;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

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

    private static final long CLIENT_LIVENESS_TIMEOUT_NS = MINUTES.toNanos(10);
    private static final long PEER_SILENCE_TIMEOUT_NS = SECONDS.toNanos(40);
    private long lingerTimeoutNs = SECONDS.toNanos(5);
    private long rebuildIntervalNs = SECONDS.toNanos(1);
    private List<Path> directoryParents = List.of(SHARED_MEMORY, Path.of(System.getProperty("java.io.tmpdir", "/tmp")));
    private NanoClock nanoClock = SystemNanoClock.INSTANCE;
    private boolean isConcluded;

    /** Silence of our own agent after which driver and client give themselves up and are rebuilt. */
    long clientLivenessTimeoutNs() {
        return CLIENT_LIVENESS_TIMEOUT_NS;
    }

    /** Silence of the other end after which a connection is lost; longer than any freeze to survive. */
    long peerSilenceTimeoutNs() {
        return PEER_SILENCE_TIMEOUT_NS;
    }

    /** Time a closed stream has to deliver what it holds. */
    long lingerTimeoutNs() {
        return lingerTimeoutNs;
    }

    AeronSettings lingerTimeoutNs(long value) {
        checkNotConcluded();
        lingerTimeoutNs = value;
        return this;
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

    /** What driver and client take for the time; a test lets it jump where a process would stand still. */
    NanoClock nanoClock() {
        return nanoClock;
    }

    AeronSettings nanoClock(NanoClock value) {
        checkNotConcluded();
        nanoClock = value;
        return this;
    }

    AeronSettings conclude() {
        checkNotConcluded();
        if (lingerTimeoutNs <= 0 || rebuildIntervalNs <= 0) {
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

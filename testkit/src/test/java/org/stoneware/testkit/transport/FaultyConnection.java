package org.stoneware.testkit.transport;

import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.FrameClaim;

/** The sending side of the faults. */
final class FaultyConnection implements Connection {
    private final Connection sound;
    private final PlantedFault fault;
    private final FrameClaim soundClaim = new FrameClaim();
    private final UnsafeBuffer nowhere = new UnsafeBuffer(new byte[1 << 16]);
    /** Frames this end has heard; kept here because a fault strikes one connection at a time. */
    private int heard;

    private byte[] held = {};

    FaultyConnection(Connection sound, PlantedFault fault) {
        this.sound = sound;
        this.fault = fault;
    }

    Connection sound() {
        return sound;
    }

    int countHeard() {
        return heard++;
    }

    byte[] held() {
        return held;
    }

    void hold(byte[] frame) {
        held = frame;
    }

    @Override
    public ConnectionSpec spec() {
        return sound.spec();
    }

    @Override
    public boolean isConnected() {
        return sound.isConnected();
    }

    @Override
    public int maxFrameLength() {
        return sound.maxFrameLength();
    }

    @Override
    public long tryClaim(int length, FrameClaim claim) {
        if (fault == PlantedFault.TAKES_EMPTY_FRAMES && length == 0) {
            return BACK_PRESSURED;
        }
        long outcome = sound.tryClaim(length, soundClaim);
        if (outcome == BACK_PRESSURED && fault == PlantedFault.DROPS_UNDER_BACK_PRESSURE && heard++ == 0) {
            claim.set(nowhere, 0, length, isCommitted -> {});
            return length;
        }
        if (outcome > 0) {
            claim.set(soundClaim.buffer(), soundClaim.offset(), length, isCommitted -> {
                if (isCommitted || fault == PlantedFault.SENDS_ABORTED_FRAMES) {
                    soundClaim.commit();
                } else {
                    soundClaim.abort();
                }
            });
        }
        return outcome;
    }

    @Override
    public void close() {
        sound.close();
    }
}

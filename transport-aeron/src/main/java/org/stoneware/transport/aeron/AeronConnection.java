package org.stoneware.transport.aeron;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.Image;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.logbuffer.BufferClaim;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.FrameClaim;
import org.stoneware.spi.transport.FrameListener;

/**
 * One subscription from the other end and one publication to it. The accepting end has no publication until the initiator has
 * arrived (ADR 0024).
 */
final class AeronConnection implements Connection, FrameClaim.Completion {
    private static final int MAX_CLAIM_ATTEMPTS = 3;

    private final ConnectionSpec spec;
    private final AeronTransport transport;
    private final StreamIdentity outgoing;
    private final StreamIdentity incoming;
    private final BufferClaim aeronClaim = new BufferClaim();
    private final FragmentHandler onFragment = this::onFragment;
    private final StreamChannel channel;
    private final Subscription subscription;

    private @Nullable ExclusivePublication publication;
    private @Nullable Image image;
    private @Nullable FrameListener listener;
    private @Nullable String lossReason;
    private long nextSequence;
    private long expectedSequence;
    private int claimedLength;
    private int delivered;
    private long deafDeadlineNs;
    private boolean hasBeenConnected;
    private boolean isDeaf;
    private boolean isClaimed;
    private boolean isClosed;

    AeronConnection(ConnectionSpec spec, AeronTransport transport, StreamChannel channel, Subscription subscription) {
        this.spec = spec;
        this.transport = transport;
        this.channel = channel;
        this.subscription = subscription;
        outgoing = StreamIdentity.outgoing(spec);
        incoming = StreamIdentity.incoming(spec);
    }

    @Override
    public ConnectionSpec spec() {
        return spec;
    }

    @Override
    public boolean isConnected() {
        return isOpen() && publication != null && publication.isConnected() && subscription.isConnected();
    }

    @Override
    public int maxFrameLength() {
        return channel.maxFrameLength();
    }

    @Override
    public long tryClaim(int length, FrameClaim claim) {
        if (length < 1 || length > maxFrameLength()) {
            throw new IllegalArgumentException("frame length=" + length + " allowed=1.." + maxFrameLength());
        }
        if (isClaimed) {
            throw new IllegalStateException("the last claim is neither committed nor aborted");
        }
        if (!isOpen()) {
            return CLOSED;
        }
        long position = claim(length);
        if (position > 0) {
            isClaimed = true;
            claimedLength = length;
            claim.set(aeronClaim.buffer(), aeronClaim.offset() + FrameHeader.LENGTH, length, this);
        }
        return position;
    }

    @Override
    public void onClaimEnd(boolean isCommitted) {
        if (!isClaimed) {
            // The connection was closed between claim and commit; its room went with it.
            return;
        }
        isClaimed = false;
        if (!isCommitted) {
            aeronClaim.abort();
            return;
        }
        FrameHeader.put(aeronClaim.buffer(), aeronClaim.offset(), outgoing.frameKey(), nextSequence++);
        aeronClaim.commit();
        transport.onFrameSent(claimedLength);
    }

    @Override
    public void close() {
        if (!isClosed) {
            if (isOpen()) {
                transport.openToEnd(this);
            }
            sayGoodbye();
            release();
        }
    }

    StreamIdentity incoming() {
        return incoming;
    }

    /** True when the other end's stream is known here, and so the other end surely knows ours. */
    boolean hasOtherEndArrived() {
        return subscription.imageCount() > 0;
    }

    /** Opens the stream to the other end; called once. */
    void openOutgoing(Aeron aeron) {
        publication = aeron.addExclusivePublication(channel.outgoing(), outgoing.streamId());
    }

    /** Delivers what has arrived, and finds out whether the other end is still there. */
    int poll(FrameListener listener, int frameLimit) {
        if (!isOpen()) {
            return 0;
        }
        this.listener = listener;
        delivered = 0;
        Image arriving = arriving();
        if (arriving != null) {
            arriving.poll(onFragment, frameLimit);
        }
        if (isOpen()) {
            checkOtherEnd(arriving);
        }
        return delivered;
    }

    boolean isOpen() {
        return !isClosed && lossReason == null;
    }

    /** Why the connection is lost, when it is and this end has not closed it. */
    @Nullable
    String lossReason() {
        return isClosed ? null : lossReason;
    }

    void lose(String reason) {
        if (isOpen()) {
            lossReason = reason;
        }
    }

    /** Frees everything; says nothing to the other end. */
    void release() {
        if (!isClosed) {
            isClosed = true;
            if (publication != null && isClaimed && !publication.isClosed()) {
                aeronClaim.abort();
            }
            isClaimed = false;
            transport.onConnectionReleased(this);
            CloseHelper.closeAll(publication, subscription);
        }
    }

    private @Nullable Image arriving() {
        if (image == null && subscription.imageCount() > 0) {
            image = subscription.imageAtIndex(0);
        }
        return image;
    }

    private void checkOtherEnd(@Nullable Image arriving) {
        if (arriving != null && arriving.isEndOfStream()) {
            lose("the other end closed");
        } else if (arriving != null && arriving.isClosed()) {
            lose("the other end has fallen silent");
        } else if (publication != null && publication.isConnected()) {
            hasBeenConnected = true;
            isDeaf = false;
        } else if (hasBeenConnected) {
            checkDeafEnd();
        }
    }

    /** An end that closes stops receiving at once, while what it sent before is still on its way. */
    private void checkDeafEnd() {
        if (!isDeaf) {
            isDeaf = true;
            deafDeadlineNs = transport.nowNs() + transport.lingerTimeoutNs();
        } else if (deafDeadlineNs - transport.nowNs() < 0) {
            lose("the other end has stopped receiving");
        }
    }

    private long claim(int length) {
        ExclusivePublication stream = publication;
        if (stream == null) {
            return NOT_CONNECTED;
        }
        for (int i = 0; i < MAX_CLAIM_ATTEMPTS; i++) {
            long position = stream.tryClaim(FrameHeader.LENGTH + length, aeronClaim);
            if (position > 0) {
                return position;
            }
            if (position == Publication.NOT_CONNECTED) {
                return NOT_CONNECTED;
            }
            if (position == Publication.BACK_PRESSURED) {
                transport.onBackPressure();
                return BACK_PRESSURED;
            }
            if (position != Publication.ADMIN_ACTION) {
                lose(position == Publication.CLOSED ? "the driver is gone" : "the stream is used up");
                return CLOSED;
            }
            // A term was full and the next one is ready now.
        }
        transport.onBackPressure();
        return BACK_PRESSURED;
    }

    private void sayGoodbye() {
        if (isOpen() && !isClaimed && claim(0) > 0) {
            FrameHeader.put(aeronClaim.buffer(), aeronClaim.offset(), outgoing.frameKey(), nextSequence++);
            aeronClaim.commit();
        }
    }

    private void onFragment(DirectBuffer buffer, int offset, int length, Header header) {
        if (!isOpen()) {
            return;
        }
        if (length < FrameHeader.LENGTH || FrameHeader.key(buffer, offset) != incoming.frameKey()) {
            transport.onFrameRejected();
            return;
        }
        long sequence = FrameHeader.sequence(buffer, offset);
        if (sequence < expectedSequence) {
            transport.onFrameRejected();
            return;
        }
        if (sequence > expectedSequence) {
            transport.onFrameRejected();
            lose("frames are missing: expected=" + expectedSequence + " received=" + sequence);
            return;
        }
        expectedSequence++;
        int frameLength = length - FrameHeader.LENGTH;
        FrameListener hearing = listener;
        if (frameLength == 0) {
            lose("the other end closed");
        } else if (hearing != null) {
            delivered++;
            transport.onFrameDelivered(frameLength);
            hearing.onFrame(this, buffer, offset + FrameHeader.LENGTH, frameLength);
        }
    }
}

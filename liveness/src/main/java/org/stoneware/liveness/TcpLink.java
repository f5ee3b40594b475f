package org.stoneware.liveness;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.spi.liveness.LivenessListener.CloseCause;
import org.stoneware.wire.liveness.LivenessProtocol;
import org.stoneware.wire.liveness.LivenessPublisher;

/**
 * One TCP connection: its greeting, what waits to be written, its times, its end. What arrives is {@link LinkReceiver}'s.
 * <pre>
 * state        event                       next
 * CONNECTED    sendHello                   AWAIT_REPLY
 * AWAIT_REPLY  reply arrives, accepted     GREETED       (else the connection ends)
 * AWAIT_HELLO  hello arrives               HELLO_HEARD
 * HELLO_HEARD  sendReply                   REPLYING
 * REPLYING     reply queued, accepted      GREETED       (else it ends once written)
 * </pre>
 * <b>Threading:</b> methods of {@link LivenessLink} on any thread, they only encode and queue; all others on the liveness thread,
 * which alone touches the socket. No lock is shared, so a sender that is stopped in the middle can't hold up the heartbeats.
 */
final class TcpLink implements LivenessLink {
    private static final System.Logger LOG = System.getLogger(TcpLink.class.getName());
    private static final AtomicLong NEXT_ID = new AtomicLong(1);
    private static final long NOT_BLOCKED = Long.MIN_VALUE;

    private final long id = NEXT_ID.getAndIncrement();
    private final LinkOwner owner;
    private final LivenessSettings settings;
    private final SocketChannel channel;
    private final SelectionKey key;
    private final boolean isInitiator;
    private final LivenessListener listener;
    private final InetSocketAddress localAddress;
    private final InetSocketAddress remoteAddress;
    private final WriteQueue queue;
    private final LinkReceiver receiver;
    private final AtomicReference<LinkState> state;
    private final AtomicReference<@Nullable CloseRequest> closeRequest = new AtomicReference<>();
    private final AtomicBoolean isAttended = new AtomicBoolean();
    private final AtomicBoolean hasSaidGoodbye = new AtomicBoolean();

    private volatile Hello.Kind kind = Hello.Kind.PROBE;
    private volatile long ownIncarnation;
    private volatile int heartbeatMs;
    private volatile int silenceMs;

    private @Nullable LinkTimer timer;
    private @Nullable Heartbeat statusSent;
    private boolean isKnownToListener;
    private boolean isEnded;
    private boolean isOutputShut;
    /** True once the hello's arrival has restarted the greeting time. */
    private boolean isHelloNoted;

    private long greetingSinceRunNs;
    private long blockedSinceRunNs = NOT_BLOCKED;
    private long leaveSinceNs = NOT_BLOCKED;

    TcpLink(
            LinkOwner owner,
            LivenessSettings settings,
            SelectionKey key,
            LivenessListener listener,
            boolean isInitiator,
            long runNs)
            throws IOException {
        this.owner = owner;
        this.settings = settings;
        this.key = key;
        this.listener = listener;
        this.isInitiator = isInitiator;
        channel = (SocketChannel) key.channel();
        localAddress = (InetSocketAddress) channel.getLocalAddress();
        remoteAddress = (InetSocketAddress) channel.getRemoteAddress();
        queue = new WriteQueue(settings.maxWaitingBytes());
        state = new AtomicReference<>(isInitiator ? LinkState.CONNECTED : LinkState.AWAIT_HELLO);
        greetingSinceRunNs = runNs;
        receiver = new LinkReceiver(this, channel);
        isKnownToListener = isInitiator;
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public boolean isInitiator() {
        return isInitiator;
    }

    @Override
    public InetSocketAddress localAddress() {
        return localAddress;
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return remoteAddress;
    }

    @Override
    public void sendHello(Hello hello) {
        UnsafeBuffer buffer = greetingBuffer();
        ByteBuffer frame = frame(buffer, new LivenessPublisher().hello(hello, buffer, 0));
        if (!state.compareAndSet(LinkState.CONNECTED, LinkState.AWAIT_REPLY)) {
            throw new IllegalStateException("hello not possible now: " + this);
        }
        kind = hello.kind();
        ownIncarnation = hello.incarnation();
        queue.add(frame);
        attend();
    }

    @Override
    public void sendReply(HelloReply reply) {
        HelloReply complete = withTimes(reply);
        UnsafeBuffer buffer = greetingBuffer();
        ByteBuffer frame = frame(buffer, new LivenessPublisher().reply(complete, buffer, 0));
        if (!state.compareAndSet(LinkState.HELLO_HEARD, LinkState.REPLYING)) {
            throw new IllegalStateException("reply not possible now: " + this);
        }
        ownIncarnation = complete.incarnation();
        heartbeatMs = complete.heartbeatMs();
        silenceMs = complete.silenceMs();
        queue.add(frame);
        if (complete.status() == HelloReply.Status.ACCEPTED) {
            state.set(LinkState.GREETED);
            attend();
        } else {
            requestClose(new CloseRequest(CloseCause.CLOSED_HERE, "caller not taken in: " + complete.status(), true));
        }
    }

    @Override
    public boolean sendMessage(DirectBuffer buffer, int offset, int length) {
        if (length < 0 || length > MAX_MESSAGE_LENGTH) {
            throw new IllegalArgumentException("message too long: length=" + length + " max=" + MAX_MESSAGE_LENGTH);
        }
        if (!isOpen() || state.get() != LinkState.GREETED) {
            return false;
        }
        UnsafeBuffer target = new UnsafeBuffer(new byte[LivenessProtocol.PREAMBLE_LENGTH + Integer.BYTES + length]);
        boolean isQueued =
                queue.offer(frame(target, new LivenessPublisher().message(buffer, offset, length, target, 0)));
        if (isQueued) {
            attend();
        }
        return isQueued;
    }

    @Override
    public void goodbye(String reason) {
        if (isOpen() && hasSaidGoodbye.compareAndSet(false, true)) {
            UnsafeBuffer buffer = greetingBuffer();
            queue.add(frame(buffer, new LivenessPublisher().goodbye(ownIncarnation, reason, buffer, 0)));
            requestClose(new CloseRequest(CloseCause.CLOSED_HERE, "goodbye: " + reason, true));
        }
    }

    @Override
    public void close() {
        requestClose(new CloseRequest(CloseCause.CLOSED_HERE, "closed here", false));
    }

    @Override
    public String toString() {
        return "link id=" + id + " local=" + localAddress + " remote=" + remoteAddress + " state=" + state.get();
    }

    boolean isOpen() {
        return closeRequest.get() == null;
    }

    boolean isAwaitingHello() {
        return state.get() == LinkState.AWAIT_HELLO && isOpen();
    }

    /** How long the greeting has been going on. */
    long greetingNs(long runNs) {
        return runNs - greetingSinceRunNs;
    }

    /** True when more than greetings may arrive. */
    boolean isGreeted() {
        LinkState current = state.get();
        return current == LinkState.GREETED || current == LinkState.REPLYING;
    }

    /** The flag by which the owner keeps a connection from being queued twice. */
    AtomicBoolean isAttended() {
        return isAttended;
    }

    LivenessListener listener() {
        return listener;
    }

    void onReadable(long runNs) {
        if (isOpen()) {
            LinkTimer current = timer;
            if (receiver.receive() && current != null) {
                current.heard(runNs);
            }
        } else {
            receiver.discard();
        }
    }

    /** A caller's hello arrived; its listener may answer from within. */
    void onHello(Hello hello) {
        if (!state.compareAndSet(LinkState.AWAIT_HELLO, LinkState.HELLO_HEARD)) {
            protocolError("hello not expected");
            return;
        }
        kind = hello.kind();
        isKnownToListener = true;
        listener.onHello(this, hello);
    }

    void onReply(HelloReply reply) {
        boolean isAccepted = reply.status() == HelloReply.Status.ACCEPTED;
        if (state.get() != LinkState.AWAIT_REPLY) {
            protocolError("reply not expected");
            return;
        }
        if (isAccepted) {
            heartbeatMs = reply.heartbeatMs();
            silenceMs = reply.silenceMs();
            state.set(LinkState.GREETED);
        }
        listener.onReply(this, reply);
        if (!isAccepted) {
            requestClose(new CloseRequest(CloseCause.CLOSED_HERE, "not taken in: " + reply.status(), false));
        }
    }

    void protocolError(String what) {
        owner.countProtocolError(this, what);
        requestClose(new CloseRequest(CloseCause.PROTOCOL_ERROR, what, false));
    }

    /** The first request says why; a later one may only make it quicker. */
    void requestClose(CloseRequest request) {
        closeRequest.accumulateAndGet(request, TcpLink::mergeCloseRequests);
        attend();
    }

    /** Writes what is queued and carries out a close request. */
    void onAttended(long nowNs, long runNs) {
        CloseRequest request = closeRequest.get();
        if (isEnded) {
            return;
        }
        if (request != null && !request.isAfterFlush()) {
            end(request);
            return;
        }
        flush(runNs);
        if (request != null && !isEnded) {
            leave(request, nowNs);
        }
    }

    /**
     * Does what time demands.
     *
     * @param isJudging false when this thread overslept and has yet to read what came meanwhile.
     * @return nanoseconds until there may be something to do.
     */
    long progress(long nowNs, long runNs, boolean isJudging) {
        CloseRequest request = closeRequest.get();
        if (isEnded) {
            return Long.MAX_VALUE;
        }
        if (request != null) {
            return leave(request, nowNs);
        }
        if (blockedSinceRunNs != NOT_BLOCKED && runNs - blockedSinceRunNs > settings.writeStallMs() * 1_000_000L) {
            requestClose(new CloseRequest(
                    CloseCause.CLOSED_HERE, "peer does not read: waitingBytes=" + queue.waitingBytes(), false));
            return 0;
        }
        if (state.get() != LinkState.GREETED) {
            return progressGreeting(runNs);
        }
        LinkTimer current = timer;
        if (current == null) {
            current = new LinkTimer(clampedHeartbeatNs(), clampedSilenceNs(), nowNs, runNs);
            timer = current;
        }
        Heartbeat status = owner.status();
        boolean isBeatDue = current.isBeatDue(nowNs);
        if (isBeatDue || status != statusSent) {
            beat(status, runNs);
        }
        if (isBeatDue) {
            current.beatSent(nowNs);
        }
        if (isJudging && !isEnded) {
            long silentNs = current.silenceToTell(runNs);
            if (silentNs > 0) {
                listener.onSilence(this, silentNs);
            }
        }
        return current.waitNs(nowNs, runNs);
    }

    /** Ends the connection and tells the listener. Idempotent. */
    void end(CloseRequest cause) {
        if (isEnded) {
            return;
        }
        isEnded = true;
        closeRequest.compareAndSet(null, cause);
        key.cancel();
        try {
            channel.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "close failed: " + this, e);
        }
        owner.ended(this);
        if (isKnownToListener) {
            listener.onClosed(this, cause.cause(), cause.reason());
        }
    }

    /** The stream ended or broke at the other end, or, while we leave, simply ended. */
    void endedByPeer(String reason) {
        CloseRequest request = closeRequest.get();
        end(request != null ? request : new CloseRequest(CloseCause.CLOSED_BY_PEER, reason, false));
    }

    private long progressGreeting(long runNs) {
        if (state.get() == LinkState.HELLO_HEARD && !isHelloNoted) {
            isHelloNoted = true;
            greetingSinceRunNs = runNs;
        }
        long leftNs = greetingSinceRunNs + settings.helloTimeoutMs() * 1_000_000L - runNs;
        if (leftNs > 0) {
            return leftNs;
        }
        String reason = "no greeting in time: state=" + state.get() + " helloTimeoutMs=" + settings.helloTimeoutMs();
        if (state.get() == LinkState.AWAIT_HELLO) {
            owner.countProtocolError(this, reason);
        }
        requestClose(new CloseRequest(CloseCause.CLOSED_HERE, reason, false));
        return 0;
    }

    private void beat(@Nullable Heartbeat status, long runNs) {
        if (queue.waitingBytes() > 0) {
            // What waits is a sign of life by itself, and beats heaped up behind it would tell an old age.
            return;
        }
        try {
            if (queue.writeAhead(owner.heartbeatFrame(status, ownIncarnation), channel)) {
                statusSent = status;
            }
            noteBlocked(1, runNs);
        } catch (IOException e) {
            writeFailed(e);
        }
    }

    private void flush(long runNs) {
        try {
            noteBlocked(queue.writeTo(channel), runNs);
        } catch (IOException e) {
            writeFailed(e);
        }
    }

    private void noteBlocked(int written, long runNs) {
        boolean isBlocked = queue.waitingBytes() > 0;
        if (!isBlocked) {
            blockedSinceRunNs = NOT_BLOCKED;
        } else if (written > 0 || blockedSinceRunNs == NOT_BLOCKED) {
            blockedSinceRunNs = runNs;
        }
        key.interestOps(isBlocked ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
    }

    /** The peer is gone for writing, but its last words may still wait to be read. */
    private void writeFailed(IOException e) {
        if (isOpen()) {
            receiver.receive();
        }
        if (isOpen()) {
            endedByPeer("write failed: " + e.getMessage());
        } else {
            CloseRequest request = closeRequest.get();
            if (request != null) {
                end(request);
            }
        }
    }

    /**
     * Leaves in an orderly way: queue written, output shut, input read to its end. A socket closed with unread input would send a
     * reset, and a reset destroys the goodbye on its way.
     */
    private long leave(CloseRequest request, long nowNs) {
        long waitNs = settings.goodbyeWaitMs() * 1_000_000L;
        if (leaveSinceNs == NOT_BLOCKED) {
            leaveSinceNs = nowNs;
        }
        if (!request.isAfterFlush() || nowNs - leaveSinceNs >= waitNs) {
            end(request);
            return Long.MAX_VALUE;
        }
        if (!isOutputShut && queue.waitingBytes() == 0) {
            isOutputShut = true;
            try {
                channel.shutdownOutput();
            } catch (IOException e) {
                end(request);
                return Long.MAX_VALUE;
            }
        }
        return leaveSinceNs + waitNs - nowNs;
    }

    private HelloReply withTimes(HelloReply reply) {
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

    /** What the reply named, within reason: a peer must not make us spin or fall silent. */
    private long clampedHeartbeatNs() {
        int wanted = heartbeatMs > 0 ? heartbeatMs : settings.heartbeatMs(kind);
        return Math.min(Math.max(wanted, 5), 10_000) * 1_000_000L;
    }

    private long clampedSilenceNs() {
        int wanted = silenceMs > 0 ? silenceMs : settings.silenceMs(kind);
        return Math.min(Math.max(wanted, 20), 600_000) * 1_000_000L;
    }

    private void attend() {
        owner.attend(this);
    }

    private static UnsafeBuffer greetingBuffer() {
        return new UnsafeBuffer(new byte[LivenessProtocol.MAX_GREETING_LENGTH]);
    }

    private static ByteBuffer frame(UnsafeBuffer buffer, int length) {
        return ByteBuffer.wrap(buffer.byteArray(), 0, length);
    }

    private static CloseRequest mergeCloseRequests(@Nullable CloseRequest first, CloseRequest later) {
        if (first == null) {
            return later;
        }
        return later.isAfterFlush() ? first : first.atOnce();
    }
}

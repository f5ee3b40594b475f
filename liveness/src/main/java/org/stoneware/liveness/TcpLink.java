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
 * state            event                       next
 * CONNECTED        sendHello                   AWAIT_REPLY, with a key AWAIT_CHALLENGE
 * AWAIT_CHALLENGE  right challenge arrives     AWAIT_REPLY   (anything else and the connection ends)
 * AWAIT_REPLY      reply arrives, accepted     GREETED       (else the connection ends)
 * AWAIT_HELLO      hello arrives               HELLO_HEARD, with a key AWAIT_PROOF
 * AWAIT_PROOF      right proof arrives         HELLO_HEARD   (anything else and the connection ends)
 * HELLO_HEARD      sendReply                   REPLYING
 * REPLYING         reply queued, accepted      GREETED       (else it ends once written)
 * </pre>
 * The listener hears of a hello or a reply only when its sender has proved itself, if this process has a key (ADR 0032).
 * <p>
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

    /** Null when this process has no key. */
    private final @Nullable ProofExchange proofs;
    /** What this end says, once both ends have proved themselves; everything said after is sealed. */
    private volatile @Nullable ProvenKeys proven;

    private volatile @Nullable Hello saidHello;
    private final LinkTimes times;
    private volatile long ownIncarnation;

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

    /** One call of a publisher. */
    private interface Encoding {
        int encode(LivenessPublisher publisher, UnsafeBuffer buffer, int offset);
    }

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
        times = new LinkTimes(settings);
        state = new AtomicReference<>(isInitiator ? LinkState.CONNECTED : LinkState.AWAIT_HELLO);
        greetingSinceRunNs = runNs;
        receiver = new LinkReceiver(this, channel);
        proofs = owner.newExchange();
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
        Hello said = proofs == null ? hello : proofs.withNonce(hello);
        ByteBuffer frame = encoded((publisher, buffer, offset) -> publisher.hello(said, buffer, offset));
        if (!state.compareAndSet(
                LinkState.CONNECTED, proofs == null ? LinkState.AWAIT_REPLY : LinkState.AWAIT_CHALLENGE)) {
            throw new IllegalStateException("hello not possible now: " + this);
        }
        saidHello = said;
        times.kind(hello.kind());
        ownIncarnation = hello.incarnation();
        queue.add(frame);
        attend();
    }

    @Override
    public void sendReply(HelloReply reply) {
        HelloReply complete = times.completed(reply);
        ProvenKeys keys = proven;
        HelloReply sent = keys == null ? complete : keys.masked(complete);
        ByteBuffer frame = encoded((publisher, buffer, offset) -> publisher.reply(sent, buffer, offset));
        if (!state.compareAndSet(LinkState.HELLO_HEARD, LinkState.REPLYING)) {
            throw new IllegalStateException("reply not possible now: " + this);
        }
        ownIncarnation = complete.incarnation();
        times.agreed(complete);
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
        int frameLength = LivenessProtocol.PREAMBLE_LENGTH + Integer.BYTES + length;
        boolean isQueued = queue.offer(encoded(
                frameLength,
                (publisher, target, targetOffset) -> publisher.message(buffer, offset, length, target, targetOffset)));
        if (isQueued) {
            attend();
        }
        return isQueued;
    }

    @Override
    public void goodbye(String reason) {
        if (isOpen() && hasSaidGoodbye.compareAndSet(false, true)) {
            queue.add(
                    encoded((publisher, buffer, offset) -> publisher.goodbye(ownIncarnation, reason, buffer, offset)));
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

    /** True while it is not known whether the caller has any business here. */
    boolean isStranger() {
        return isStranger(state.get()) && isOpen();
    }

    private static boolean isStranger(@Nullable LinkState current) {
        return current == LinkState.AWAIT_HELLO || current == LinkState.AWAIT_PROOF;
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

    /** A caller's hello arrived. */
    void onHello(Hello hello) {
        ProofExchange exchange = proofs;
        if (state.get() != LinkState.AWAIT_HELLO) {
            protocolError("hello not expected");
        } else if (exchange == null && hello.credentials().length == 0) {
            admit(hello);
        } else if (exchange == null) {
            refuse(hello, ProofExchange.NO_KEY_HERE);
        } else if (exchange.objection(hello).isEmpty()) {
            state.set(LinkState.AWAIT_PROOF);
            byte[] proof = exchange.onHello(hello).calledProof();
            queue.add(encoded(
                    (publisher, buffer, offset) -> publisher.challenge(exchange.nonce(), proof, buffer, offset)));
            attend();
        } else {
            refuse(hello, exchange.objection(hello));
        }
    }

    /** The called end has answered with a proof of its own, and wants ours. */
    void onChallenge(byte[] nonce, byte[] calledProof) {
        ProofExchange exchange = proofs;
        Hello said = saidHello;
        if (state.get() != LinkState.AWAIT_CHALLENGE || exchange == null || said == null) {
            protocolError("challenge not expected");
            return;
        }
        ProvenKeys keys = exchange.onChallenge(said, nonce, calledProof);
        if (keys == null) {
            giveUpUnproven(ProofExchange.OTHER_KEY);
            return;
        }
        queue.add(encoded((publisher, buffer, offset) -> publisher.proof(keys.callerProof(), buffer, offset)));
        sealWith(keys);
        state.set(LinkState.AWAIT_REPLY);
        attend();
    }

    /** The caller has answered the challenge. */
    void onProof(byte[] proof) {
        ProofExchange exchange = proofs;
        Hello hello = exchange == null ? null : exchange.hello();
        if (state.get() != LinkState.AWAIT_PROOF || exchange == null || hello == null) {
            protocolError("proof not expected");
            return;
        }
        ProvenKeys keys = exchange.onProof(proof);
        if (keys == null) {
            refuse(hello, ProofExchange.OTHER_KEY);
        } else {
            sealWith(keys);
            admit(hello);
        }
    }

    /** The other end leaves on purpose. From one that has not proved itself that is no evidence of anything. */
    void onGoodbye(String reason) {
        if (proofs == null || proven != null) {
            requestClose(new CloseRequest(CloseCause.GOODBYE, reason, false));
        } else {
            owner.countUnproven(this, "it left: " + reason);
            requestClose(new CloseRequest(CloseCause.CLOSED_HERE, "left before it proved itself: " + reason, false));
        }
    }

    void onReply(HelloReply received) {
        if (state.get() == LinkState.AWAIT_CHALLENGE) {
            giveUpUnproven(ProofExchange.NO_PROOF_OF_CALLED
                    + (received.reason().isEmpty() ? "" : "; it answers: " + received.reason()));
            return;
        }
        if (state.get() != LinkState.AWAIT_REPLY) {
            protocolError("reply not expected");
            return;
        }
        ProvenKeys keys = proven;
        HelloReply reply = keys == null ? received : keys.masked(received);
        boolean isAccepted = reply.status() == HelloReply.Status.ACCEPTED;
        if (isAccepted) {
            times.agreed(reply);
            state.set(LinkState.GREETED);
        }
        listener.onReply(this, reply);
        if (!isAccepted) {
            requestClose(new CloseRequest(CloseCause.CLOSED_HERE, "not taken in: " + reply.status(), false));
        }
    }

    /** From here on every message of both ends is sealed. */
    private void sealWith(ProvenKeys keys) {
        queue.stampWith(keys.messages(isInitiator));
        receiver.checkWith(keys.messages(!isInitiator));
        proven = keys;
    }

    /** The listener may answer from within. */
    private void admit(Hello hello) {
        state.set(LinkState.HELLO_HEARD);
        times.kind(hello.kind());
        isKnownToListener = true;
        listener.onHello(this, hello);
    }

    /** Says no in words before any listener hears of the caller; role and active are told to anybody who asks. */
    private void refuse(Hello hello, String why) {
        owner.countUnproven(this, "caller kind=" + hello.kind() + " name=" + hello.name() + " refused: " + why);
        HelloReply reply = Refusals.reply(owner.status(), why);
        queue.add(encoded((publisher, buffer, offset) -> publisher.reply(reply, buffer, offset)));
        requestClose(new CloseRequest(CloseCause.CLOSED_HERE, "caller not taken in: " + why, true));
    }

    /** The end we called has not proved itself: nothing it says of itself reaches the listener. */
    private void giveUpUnproven(String why) {
        owner.countUnproven(this, "called end: " + why);
        listener.onReply(this, Refusals.reply(null, why));
        goodbye("you are not proven to belong to the array of the caller: " + why);
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
            current = new LinkTimer(times.heartbeatNs(), times.silenceNs(), nowNs, runNs);
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
        if (request == null && state.get() == LinkState.AWAIT_PROOF) {
            owner.countUnproven(this, "caller left at the challenge, as one with another array.key does");
        }
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
        if (isStranger(state.get())) {
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
            if (queue.writeAhead(owner.heartbeatFrame(status, ownIncarnation, proven != null), channel)) {
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

    private void attend() {
        owner.attend(this);
    }

    private ByteBuffer encoded(Encoding encoding) {
        return encoded(LivenessProtocol.MAX_GREETING_LENGTH, encoding);
    }

    /** A frame to be queued, inside a seal once both ends have proved themselves. */
    private ByteBuffer encoded(int maxLength, Encoding encoding) {
        int offset = proven == null ? 0 : LivenessProtocol.SEAL_LENGTH;
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[offset + maxLength]);
        LivenessPublisher publisher = new LivenessPublisher();
        int length = encoding.encode(publisher, buffer, offset);
        return ByteBuffer.wrap(buffer.byteArray(), 0, offset == 0 ? length : publisher.seal(buffer, 0, length));
    }

    private static CloseRequest mergeCloseRequests(@Nullable CloseRequest first, CloseRequest later) {
        if (first == null) {
            return later;
        }
        return later.isAfterFlush() ? first : first.atOnce();
    }
}

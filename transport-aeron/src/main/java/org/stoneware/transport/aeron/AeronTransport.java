package org.stoneware.transport.aeron;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.aeron.Aeron;
import io.aeron.Subscription;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.agrona.CloseHelper;
import org.agrona.collections.ArrayUtil;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.FrameListener;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;
import org.stoneware.spi.transport.TransportCounters;
import org.stoneware.spi.transport.TransportException;

/**
 * Transport over an embedded media driver. What the driver keeps lives in {@link EmbeddedDriver} and is replaced when it breaks;
 * addresses and counters outlive it.
 */
final class AeronTransport implements Transport {
    private static final AeronConnection[] NONE = {};
    private static final Pattern NAME = Pattern.compile("[\\w.-]+");
    /** The driver's timers need a turn this often while streams are open. */
    private static final long MAX_WAIT_NS = MILLISECONDS.toNanos(20);

    private static final long MAX_WAIT_UNCONNECTED_NS = MILLISECONDS.toNanos(50);
    /** A closed socket holds its port until the selector has looked at it, also where there is never time to wait. */
    private static final long FORGET_INTERVAL_NS = SECONDS.toNanos(1);

    private static final int CLOSING_CYCLES = 8;
    /** Opening a stream takes a file and perhaps a socket; a crowd that arrives at once must not stop the duty cycle. */
    private static final int MAX_OPENED_PER_CYCLE = 8;

    private final TransportContext context;
    private final AeronSettings settings;
    private final AdmittedStreams admitted = new AdmittedStreams();
    private final List<BoundAddress> bound = new ArrayList<>();
    private final ArrayDeque<AeronConnection> lost = new ArrayDeque<>();
    /** Accepted connections whose initiator has not arrived. */
    private final ArrayList<AeronConnection> awaited = new ArrayList<>();

    private final DriverDirectory directory;
    private final ChannelSelector selector;

    private @Nullable EmbeddedDriver driver;
    private AeronConnection[] connections = NONE;
    private long nextTag = 1;
    private long rebuildDeadlineNs;
    private long nowNs;
    private long lastSelectNs;
    private boolean isRebuildPaused;
    private boolean isSettled;
    private boolean isClosed;
    private int firstPolled;

    private long framesSent;
    private long framesReceived;
    private long bytesSent;
    private long bytesReceived;
    private long backPressured;
    private long droppedByOldDrivers;
    private long rebuilds;

    AeronTransport(TransportContext context, AeronSettings settings) {
        this.context = context;
        this.settings = settings;
        directory = claimDirectory(context, settings);
        ChannelSelector opened = null;
        try {
            opened = new ChannelSelector();
            driver = newDriver(opened);
        } catch (RuntimeException e) {
            CloseHelper.quietCloseAll(opened, directory);
            throw new TransportException(
                    "the media driver does not start in " + directory.root() + ": " + e.getMessage(), e);
        }
        selector = opened;
    }

    @Override
    public InetSocketAddress bind(InetSocketAddress address) {
        Aeron aeron = usable().aeron();
        if (address.isUnresolved()) {
            throw new TransportException("unknown host: " + address.getHostString());
        }
        BoundAddress binding = BoundAddress.open(aeron, address, nextTag++);
        bound.add(binding);
        return binding.address();
    }

    @Override
    public void unbind(InetSocketAddress address) {
        for (int i = 0; i < bound.size(); i++) {
            if (bound.get(i).address().equals(address)) {
                BoundAddress given = bound.remove(i);
                // A driver that is gone or broken holds nothing, and its successor is asked for what is left here.
                if (driver != null && !driver.isBroken()) {
                    CloseHelper.quietClose(given::close);
                    selector.forgetClosed();
                }
                isSettled = false;
                return;
            }
        }
    }

    @Override
    public Connection connect(ConnectionSpec spec) {
        EmbeddedDriver usable = usable();
        BoundAddress local = boundAddress(spec.localAddress());
        checkRoomFor(spec);
        StreamIdentity incoming = StreamIdentity.incoming(spec);
        InetSocketAddress remote = spec.remoteAddress();
        if (remote.isUnresolved() || remote.getPort() == 0 || !admitted.add(incoming)) {
            throw new TransportException("connection refused: connectionId=" + spec.connectionId() + " remote=" + remote
                    + ": address unknown or stream in use");
        }
        Subscription subscription = null;
        try {
            StreamChannel channel = StreamChannel.of(spec, context.maxFrameHint(), usable.receiveBufferLength());
            subscription = usable.aeron().addSubscription(channel.incoming(local.tag()), incoming.streamId());
            AeronConnection connection = new AeronConnection(spec, this, channel, subscription);
            if (spec.isInitiator()) {
                connection.openOutgoing(usable.aeron());
            } else {
                awaited.add(connection);
            }
            add(connection);
            isSettled = false;
            return connection;
        } catch (RuntimeException e) {
            admitted.remove(incoming);
            CloseHelper.quietClose(subscription);
            throw new TransportException(
                    "connection refused: connectionId=" + spec.connectionId() + " remote=" + remote + ": "
                            + e.getMessage(),
                    e);
        }
    }

    @Override
    public int poll(FrameListener listener, int frameLimit) {
        int delivered = 0;
        AeronConnection[] polled = connections;
        int start = polled.length == 0 ? 0 : firstPolled++ % polled.length;
        for (int i = 0; i < polled.length && delivered < frameLimit; i++) {
            int index = start + i < polled.length ? start + i : start + i - polled.length;
            AeronConnection connection = polled[index];
            delivered += connection.poll(listener, frameLimit - delivered);
            if (connection.lossReason() != null) {
                reportLoss(connection, listener);
            }
        }
        AeronConnection connection;
        while ((connection = lost.poll()) != null) {
            reportLoss(connection, listener);
        }
        if (firstPolled < 0) {
            firstPolled = 0;
        }
        isSettled &= delivered == 0;
        return delivered;
    }

    @Override
    public int doWork(long nowNs) {
        if (isClosed) {
            return 0;
        }
        this.nowNs = nowNs;
        EmbeddedDriver running = driver;
        if (running == null) {
            return rebuildWhenDue(nowNs);
        }
        int work = running.invoke();
        if (running.isBroken()) {
            tearDown("the transport's driver gave itself up after a long pause of this process");
            return 1;
        }
        if (!awaited.isEmpty()) {
            work += openToArrived(running);
        }
        isSettled = work == 0;
        if (nowNs - lastSelectNs > FORGET_INTERVAL_NS) {
            lastSelectNs = nowNs;
            selector.forgetClosed();
            // That ends a wake-up too, and may have ended one for which the caller has not looked yet.
            isSettled = false;
        }
        return work;
    }

    @Override
    public void awaitWork(long timeoutNs) {
        if (isSettled && lost.isEmpty() && !isClosed) {
            selector.await(Math.min(timeoutNs, connections.length > 0 ? MAX_WAIT_NS : MAX_WAIT_UNCONNECTED_NS));
        }
    }

    @Override
    public void wakeup() {
        selector.wakeup();
    }

    @Override
    public TransportCounters counters() {
        EmbeddedDriver running = driver;
        long dropped = droppedByOldDrivers + (running == null ? 0 : running.dropped());
        return new TransportCounters(
                framesSent,
                framesReceived,
                bytesSent,
                bytesReceived,
                backPressured,
                admitted.rejected() + dropped,
                rebuilds);
    }

    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        awaited.clear();
        for (AeronConnection connection : connections) {
            connection.close();
        }
        lost.clear();
        EmbeddedDriver running = driver;
        if (running != null) {
            for (int i = 0; i < CLOSING_CYCLES && !running.isBroken(); i++) {
                running.invoke();
            }
            closeDriver(running);
        }
        isClosed = true;
        CloseHelper.closeAll(selector, directory);
    }

    /** Whether the next {@link #awaitWork} waits. */
    boolean isSettled() {
        return isSettled;
    }

    /** Time of the last duty cycle. */
    long nowNs() {
        return nowNs;
    }

    long lingerTimeoutNs() {
        return settings.lingerTimeoutNs();
    }

    void onFrameSent(int length) {
        framesSent++;
        bytesSent += length;
        isSettled = false;
    }

    void onFrameDelivered(int length) {
        framesReceived++;
        bytesReceived += length;
    }

    void onFrameRejected() {
        admitted.countRejected();
    }

    void onBackPressure() {
        backPressured++;
    }

    /** Opens the stream of an end that closes before its initiator came: one that comes late hears the stream's end. */
    void openToEnd(AeronConnection closing) {
        EmbeddedDriver running = driver;
        if (awaited.remove(closing) && running != null && !running.isBroken()) {
            open(running, closing);
        }
    }

    void onConnectionReleased(AeronConnection connection) {
        admitted.remove(connection.incoming());
        isSettled = false;
        awaited.remove(connection);
        remove(connection);
    }

    private EmbeddedDriver usable() {
        EmbeddedDriver running = driver;
        if (isClosed || running == null || running.isBroken()) {
            throw new TransportException(isClosed ? "transport is closed" : "transport is being rebuilt; try again");
        }
        return running;
    }

    private BoundAddress boundAddress(InetSocketAddress address) {
        for (BoundAddress candidate : bound) {
            if (candidate.address().equals(address)) {
                return candidate;
            }
        }
        throw new TransportException("not a bound address: " + address);
    }

    private void checkRoomFor(ConnectionSpec spec) {
        if (connections.length >= context.maxConnections()) {
            throw new TransportException("too many connections: open=" + connections.length);
        }
        for (AeronConnection connection : connections) {
            if (connection.isOpen() && isSameIdentity(connection.spec(), spec)) {
                throw new TransportException("identifier in use: connectionId=" + spec.connectionId());
            }
        }
        long needed = EmbeddedDriver.connectionBytes(StreamChannel.termLength(spec.purpose()));
        long usable = directory.usableBytes();
        if (usable < needed) {
            throw new TransportException("too little room for another connection in " + directory.root() + ": free="
                    + usable + " needed=" + needed);
        }
    }

    /** Ids are the acceptor's to choose, so those of two acceptors may be equal. */
    private static boolean isSameIdentity(ConnectionSpec one, ConnectionSpec other) {
        return one.connectionId() == other.connectionId()
                && one.isInitiator() == other.isInitiator()
                && (!one.isInitiator() || one.remoteAddress().equals(other.remoteAddress()));
    }

    private static DriverDirectory claimDirectory(TransportContext context, AeronSettings settings) {
        if (!NAME.matcher(context.name()).matches()) {
            throw new TransportException(
                    "transport name=" + context.name() + " may hold letters, digits, '-', '_' and '.' only");
        }
        return DriverDirectory.claim(
                settings.directoryParents(),
                context.name(),
                EmbeddedDriver.requiredBytes(context.maxConnections()),
                context.notices());
    }

    private EmbeddedDriver newDriver(ChannelSelector selector) {
        return new EmbeddedDriver(settings, directory.driverPath(), context.maxConnections(), selector, admitted);
    }

    /**
     * Opens the stream to initiators that have arrived, and to none before: Aeron sends its SETUP at once and repeats it only after
     * 100 ms, so that one which finds nobody holds the connection up for so long (ADR 0024).
     */
    private int openToArrived(EmbeddedDriver running) {
        int opened = 0;
        for (int i = awaited.size() - 1; i >= 0 && opened < MAX_OPENED_PER_CYCLE; i--) {
            if (awaited.get(i).hasOtherEndArrived()) {
                open(running, awaited.remove(i));
                opened++;
            }
        }
        return opened;
    }

    private void open(EmbeddedDriver running, AeronConnection accepted) {
        try {
            accepted.openOutgoing(running.aeron());
        } catch (RuntimeException e) {
            accepted.lose("the stream to the other end can't be opened: " + e.getMessage());
            lost.add(accepted);
        }
    }

    /** Gives up the broken driver; its connections are lost, its addresses are bound again by the next one. */
    private void tearDown(String reason) {
        for (AeronConnection connection : connections) {
            connection.lose(reason);
            lost.add(connection);
        }
        awaited.clear();
        EmbeddedDriver broken = driver;
        driver = null;
        if (broken != null) {
            droppedByOldDrivers += broken.dropped();
            closeDriver(broken);
        }
        context.notices().accept(reason + "; it is rebuilt and all connections are made anew");
    }

    private int rebuildWhenDue(long nowNs) {
        if (isRebuildPaused && rebuildDeadlineNs - nowNs > 0) {
            isSettled = true;
            return 0;
        }
        EmbeddedDriver fresh = null;
        try {
            fresh = newDriver(selector);
            List<BoundAddress> again = bindAgain(fresh.aeron());
            bound.clear();
            bound.addAll(again);
            driver = fresh;
            rebuilds++;
            isRebuildPaused = false;
        } catch (RuntimeException e) {
            if (fresh != null) {
                closeDriver(fresh);
            }
            if (!isRebuildPaused) {
                context.notices().accept("the transport can't be rebuilt, but keeps trying: " + e.getMessage());
            }
            isRebuildPaused = true;
            rebuildDeadlineNs = nowNs + settings.rebuildIntervalNs();
        }
        return 1;
    }

    /** A port given out must be the same again; one chosen is given up when it is taken, and the caller finds that out. */
    private List<BoundAddress> bindAgain(Aeron aeron) {
        List<BoundAddress> again = new ArrayList<>();
        for (BoundAddress binding : bound) {
            try {
                again.add(binding.openAgain(aeron, nextTag++));
            } catch (TransportException e) {
                if (!binding.isPortChosen()) {
                    throw e;
                }
                context.notices().accept("gave up the local address " + binding.address() + ": " + e.getMessage());
            }
        }
        return again;
    }

    private void closeDriver(EmbeddedDriver closing) {
        closing.close();
        selector.forgetClosed();
    }

    private void add(AeronConnection connection) {
        connections = ArrayUtil.add(connections, connection);
    }

    private void remove(AeronConnection connection) {
        connections = ArrayUtil.remove(connections, connection);
    }

    private void reportLoss(AeronConnection connection, FrameListener listener) {
        String reason = connection.lossReason();
        if (reason != null) {
            connection.release();
            listener.onConnectionLost(connection, reason);
        }
    }
}

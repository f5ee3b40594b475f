package org.stoneware.transport.aeron;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.aeron.Aeron;
import io.aeron.RethrowingErrorHandler;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.StaticDelayGenerator;
import io.aeron.driver.ThreadingMode;
import io.aeron.driver.status.SystemCounterDescriptor;
import io.aeron.exceptions.AeronException;
import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.agrona.BitUtil;
import org.agrona.CloseHelper;
import org.agrona.concurrent.AgentInvoker;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.status.AtomicCounter;
import org.stoneware.spi.transport.TransportException;

/**
 * One media driver and its one client, both run by the caller (ADR 0020). Once broken it stays broken and is to be replaced.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class EmbeddedDriver implements AutoCloseable {
    /** Smallest term Aeron takes; a stream has three and may have half of one under way. */
    static final int CLIENT_TERM_LENGTH = 64 * 1024;

    static final int REPLICATION_TERM_LENGTH = 1024 * 1024;

    private static final System.Logger LOGGER = System.getLogger(EmbeddedDriver.class.getName());
    private static final int MAX_LOUD_ERRORS = 20;
    /** Command, event, error and loss tables: Aeron's defaults, which are its minima. */
    private static final int FIXED_TABLES_LENGTH = 8 * 1024 * 1024;

    private static final int MIN_COUNTERS_LENGTH = 1024 * 1024;
    private static final int COUNTER_LENGTH = 128;
    private static final int COUNTER_METADATA_LENGTH = 512;
    private static final int USUAL_REPLICATION_CONNECTIONS = 2;
    private static final int COUNTERS_PER_CONNECTION = 32;
    private static final int MAX_SOCKET_BUFFER_LENGTH = 2 * 1024 * 1024;
    private static final int MIN_SOCKET_BUFFER_LENGTH = 64 * 1024;
    /** A gap is reported in the cycle that finds it: any delay, however short, would end after the next wait. */
    private static final long NAK_DELAY_NS = 0;

    private static final long NAK_RETRY_NS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long MAX_TIMER_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long MAX_KEEP_ALIVE_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(500);

    private final MediaDriver driver;
    private final AgentInvoker driverInvoker;
    private final Aeron aeron;
    private final AgentInvoker clientInvoker;
    private final int receiveBufferLength;
    private final AtomicCounter underRuns;
    private final AtomicCounter overRuns;
    private long dropped;
    private int errors;
    private boolean hasGivenUp;

    EmbeddedDriver(
            AeronSettings settings,
            Path directory,
            int maxConnections,
            ChannelSelector selector,
            AdmittedStreams admitted) {
        receiveBufferLength = socketBufferLength(StandardSocketOptions.SO_RCVBUF);
        EpochClock clock = steadyEpochClock(settings.nanoClock());
        MediaDriver.Context context = driverContext(settings, directory, maxConnections, clock)
                .receiveChannelEndpointSupplier((channel, dispatcher, status, ctx) ->
                        new SelectableReceiveEndpoint(channel, dispatcher, status, ctx, selector, admitted))
                .sendChannelEndpointSupplier(
                        (channel, status, ctx) -> new SelectableSendEndpoint(channel, status, ctx, selector));
        driver = MediaDriver.launch(context);
        try {
            driverInvoker = driver.sharedAgentInvoker();
            aeron = Aeron.connect(new Aeron.Context()
                    .aeronDirectoryName(context.aeronDirectoryName())
                    .useConductorAgentInvoker(true)
                    .driverAgentInvoker(driverInvoker)
                    .keepAliveIntervalNs(Math.min(MAX_KEEP_ALIVE_INTERVAL_NS, settings.clientLivenessTimeoutNs() / 4))
                    .resourceLingerDurationNs(settings.lingerTimeoutNs())
                    .driverTimeoutMs(NANOSECONDS.toMillis(settings.clientLivenessTimeoutNs()))
                    .epochClock(clock)
                    .nanoClock(settings.nanoClock())
                    .errorHandler(this::onError)
                    .subscriberErrorHandler(new RethrowingErrorHandler()));
        } catch (RuntimeException e) {
            CloseHelper.quietClose(driver);
            throw e;
        }
        clientInvoker = aeron.conductorAgentInvoker();
        underRuns = context.systemCounters().get(SystemCounterDescriptor.FLOW_CONTROL_UNDER_RUNS);
        overRuns = context.systemCounters().get(SystemCounterDescriptor.FLOW_CONTROL_OVER_RUNS);
    }

    /** Shared memory a transport may come to need: tables, all client connections, and some for replication. */
    static long requiredBytes(int maxConnections) {
        long counters = countersLength(maxConnections) * (1L + COUNTER_METADATA_LENGTH / COUNTER_LENGTH);
        return FIXED_TABLES_LENGTH
                + counters
                + maxConnections * connectionBytes(CLIENT_TERM_LENGTH)
                + USUAL_REPLICATION_CONNECTIONS * connectionBytes(REPLICATION_TERM_LENGTH);
    }

    /** Shared memory of one connection, both directions. */
    static long connectionBytes(int termLength) {
        int termsAndMetadata = 3 * termLength + 4096;
        return 2L * termsAndMetadata;
    }

    Aeron aeron() {
        return aeron;
    }

    /** Largest receiver window a stream may offer: what the sockets can hold. */
    int receiveBufferLength() {
        return receiveBufferLength;
    }

    /** @return work done; 0 when idle. */
    int invoke() {
        return driverInvoker.invoke() + clientInvoker.invoke();
    }

    /** True when driver or client has given itself up; nothing made with it works any more. */
    boolean isBroken() {
        return hasGivenUp || aeron.isClosed() || clientInvoker.isClosed() || driverInvoker.isClosed();
    }

    /** Datagrams the driver dropped because they repeat or overrun a stream. */
    long dropped() {
        if (!driverInvoker.isClosed()) {
            // A driver that closed itself has unmapped its counters.
            dropped = underRuns.get() + overRuns.get();
        }
        return dropped;
    }

    @Override
    public void close() {
        CloseHelper.close(this::onError, aeron);
        CloseHelper.close(this::onError, driver);
    }

    private MediaDriver.Context driverContext(
            AeronSettings settings, Path directory, int maxConnections, EpochClock clock) {
        long livenessNs = settings.clientLivenessTimeoutNs();
        long timerIntervalNs =
                Math.min(MAX_TIMER_INTERVAL_NS, Math.min(livenessNs, settings.peerSilenceTimeoutNs()) / 4);
        return new MediaDriver.Context()
                .aeronDirectoryName(directory.toString())
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true)
                .warnIfDirectoryExists(false)
                .threadingMode(ThreadingMode.INVOKER)
                .asyncExecutorEnabled(false)
                .epochClock(clock)
                .nanoClock(settings.nanoClock())
                .errorHandler(this::onError)
                .termBufferSparseFile(true)
                .performStorageChecks(true)
                .lowStorageWarningThreshold(0)
                .counterValuesBufferLength(countersLength(maxConnections))
                .timerIntervalNs(timerIntervalNs)
                .clientLivenessTimeoutNs(livenessNs)
                .publicationUnblockTimeoutNs(livenessNs + livenessNs / 2)
                .imageLivenessTimeoutNs(settings.peerSilenceTimeoutNs())
                .publicationConnectionTimeoutNs(settings.peerSilenceTimeoutNs())
                .publicationLingerTimeoutNs(settings.lingerTimeoutNs())
                .untetheredWindowLimitTimeoutNs(settings.peerSilenceTimeoutNs() + timerIntervalNs)
                .untetheredRestingTimeoutNs(settings.peerSilenceTimeoutNs() + timerIntervalNs)
                .unicastFeedbackDelayGenerator(new StaticDelayGenerator(NAK_DELAY_NS, NAK_RETRY_NS))
                .reResolutionCheckIntervalNs(0)
                .mtuLength(AeronSettings.NETWORK_MTU_LENGTH)
                .publicationTermBufferLength(CLIENT_TERM_LENGTH)
                .initialWindowLength(CLIENT_TERM_LENGTH / 2)
                .socketSndbufLength(socketBufferLength(StandardSocketOptions.SO_SNDBUF))
                .socketRcvbufLength(receiveBufferLength);
    }

    private static int countersLength(int maxConnections) {
        long needed = (long) maxConnections * COUNTERS_PER_CONNECTION * COUNTER_LENGTH;
        return BitUtil.findNextPositivePowerOfTwo((int) Math.min(1 << 26, Math.max(needed, MIN_COUNTERS_LENGTH)));
    }

    /** What the system really grants of the buffer we would like, as a power of two. */
    private static int socketBufferLength(SocketOption<Integer> option) {
        try (DatagramChannel probe = DatagramChannel.open()) {
            probe.setOption(option, MAX_SOCKET_BUFFER_LENGTH);
            int granted = Math.min(probe.getOption(option), MAX_SOCKET_BUFFER_LENGTH);
            return Math.max(Integer.highestOneBit(granted), MIN_SOCKET_BUFFER_LENGTH);
        } catch (IOException e) {
            throw new TransportException("can't open a UDP socket: " + e.getMessage(), e);
        }
    }

    /** Wall time at start, steady from there: a clock set forward must not look like a client that fell silent. */
    private static EpochClock steadyEpochClock(NanoClock clock) {
        long startMs = System.currentTimeMillis();
        long startNs = clock.nanoTime();
        return () -> startMs + NANOSECONDS.toMillis(clock.nanoTime() - startNs);
    }

    private void onError(Throwable error) {
        hasGivenUp |= error instanceof AgentTerminationException
                || (error instanceof AeronException failure && failure.category() == AeronException.Category.FATAL);
        System.Logger.Level level = errors < MAX_LOUD_ERRORS ? WARNING : DEBUG;
        errors++;
        LOGGER.log(level, "transport driver: " + error, level == DEBUG ? error : null);
    }
}

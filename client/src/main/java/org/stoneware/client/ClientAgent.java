package org.stoneware.client;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessNetwork;
import org.stoneware.spi.transport.Transport;
import org.stoneware.wire.session.ClientRequestPublisher;
import org.stoneware.wire.session.ClientResponseAdapter;
import org.stoneware.wire.session.ClientResponseListener;
import org.stoneware.wire.session.LogStart;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.WriteStatus;
import org.stoneware.wire.witness.WitnessProtocol;

/**
 * The client's duty cycle: registers over the {@link ActiveConnection}, sends requests and hands out answers, renews the lease,
 * reports accesses, and does all of it again when the connection or the server was lost.
 * <p>
 * <b>Threading:</b> everything but {@link #submit}, {@link #view} and {@link #disconnectedForNs} on the agent thread. Time is a parameter.
 */
final class ClientAgent {
    private static final long TOUCH_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final int TASK_LIMIT = 256;

    private final ClientSettings settings;
    private final LivenessNetwork liveness;
    private final Transport transport;
    private final OwnedSessions owned;
    private final ActiveConnection active;
    private final StandingLinks standing;
    private final WitnessDesk witness;
    private final ClientVoter voter;
    private final UnsafeBuffer vote = new UnsafeBuffer(new byte[ClientVoter.MAX_ANSWER_LENGTH]);
    private final LeaseRenewals renewals;
    private final ClientEvents events;

    private final ManyToOneConcurrentLinkedQueue<Runnable> tasks = new ManyToOneConcurrentLinkedQueue<>();
    private final RequestExchange exchange;
    private final Set<String> applications = new HashSet<>();
    /** What the registration on its way names. */
    private Set<String> registeredApplications = Set.of();

    private final ClientRequestPublisher requests = new ClientRequestPublisher();
    private final ClientResponseAdapter responses = new ClientResponseAdapter();
    private final Answers answers = new Answers();
    private final ExpandableArrayBuffer out = new ExpandableArrayBuffer(1024);

    private final CopyVersions versions = new CopyVersions();
    private final Registration registration;
    private int knownSleeps;
    private long nextTouchNs;
    private long nowNs;
    private volatile boolean isRegistered;
    private volatile long disconnectedSinceNs;
    private volatile ClientView view;
    private volatile int maxSessionBytes;

    /** Random identity of this Tomcat process. */
    record Identity(long high, long low, long incarnation) {}

    ClientAgent(
            ClientSettings settings,
            Identity identity,
            LivenessNetwork liveness,
            Transport transport,
            String transportName,
            OwnedSessions owned,
            ClientEvents events,
            long startNs) {
        this.settings = settings;
        this.registration = new Registration(identity, owned, versions);
        this.liveness = liveness;
        this.transport = transport;
        this.owned = owned;
        this.exchange = new RequestExchange(owned, versions, new ToActive());
        this.active = new ActiveConnection(
                settings, identity, new Networks(liveness, transport, transportName), this::submit, new Follower());
        this.standing = new StandingLinks(settings, identity, liveness, this::submit, active, new StandingFollower());
        this.witness = new WitnessDesk(standing);
        this.voter = new ClientVoter(identity.high(), identity.low(), identity.incarnation());
        this.events = events;
        this.disconnectedSinceNs = startNs;
        this.renewals = new LeaseRenewals(startNs);
        this.maxSessionBytes = settings.maxSessionBytes();
        this.view = new ClientView(false, "", "", 0, 0, "no server has answered yet: " + settings.servers());
    }

    /** Hands a task to the agent. Any thread. */
    void submit(Runnable task) {
        tasks.add(task);
        transport.wakeup();
    }

    /** Any thread. */
    ClientView view() {
        return view;
    }

    /** How long no server has served this Tomcat; 0 while one does. Any thread. */
    long disconnectedForNs(long now) {
        return isRegistered ? 0 : Math.max(1, now - disconnectedSinceNs);
    }

    int maxSessionBytes() {
        return maxSessionBytes;
    }

    /**
     * One duty cycle. Returns the amount of work done.
     *
     * @param wallMs read before {@code now}; nothing but the end of leases follows from it.
     */
    int runCycle(long wallMs, long now) {
        nowNs = now;
        active.beginCycle(now);
        standing.beginCycle(now);
        noticeSleep(wallMs);
        int work = 0;
        @Nullable Runnable task;
        while (work < TASK_LIMIT && (task = tasks.poll()) != null) {
            task.run();
            work++;
        }
        work += active.receive();
        work += active.connect();
        work += standing.doWork();
        work += witness.doWork(now);
        if (active.isRegistered()) {
            serve();
        }
        work += active.flush();
        work += exchange.doWork();
        work += name();
        work += transport.doWork(now);
        liveness.agentCycled(now);
        return work;
    }

    /** After a sleep without a lease, whoever noticed it, the next lease begins before anything is asked for under it. */
    private void noticeSleep(long wallMs) {
        int sleeps;
        synchronized (owned) {
            owned.clocks(wallMs, nowNs);
            sleeps = owned.sleeps();
        }
        if (sleeps == knownSleeps) {
            return;
        }
        knownSleeps = sleeps;
        events.notice(
                System.Logger.Level.INFO,
                "the wall clock has moved without the monotonic one: this machine was suspended, or its clock was set;"
                        + " sessions kept here are asked for again");
        if (active.isRegistered()) {
            renew();
        }
    }

    void send(PendingRequest request) {
        if (renewals.onRequest(nowNs, view.ownedSessions()) && active.isRegistered()) {
            // Before the request, so that what it is granted falls under a lease that holds.
            synchronized (owned) {
                owned.forgetIfLapsed(nowNs);
            }
            renew();
        }
        exchange.send(request);
    }

    void cancel(PendingRequest request) {
        exchange.cancel(request);
    }

    /** @param accessNs time of the last access, or null when there is none to report. */
    void release(SessionKey key, long token, long grant, @Nullable Long accessNs) {
        exchange.release(key, token, grant, accessNs, nowNs);
    }

    void application(String name, boolean isAdded) {
        if (isAdded) {
            applications.add(name);
        } else {
            applications.remove(name);
        }
        if (active.isRegistered()) {
            transmit(out, requests.application(out, epoch(), isAdded, name));
        }
    }

    void expiryDone(long jobId) {
        if (active.isRegistered()) {
            transmit(out, requests.expiryDone(out, epoch(), jobId));
        }
    }

    /** Gives back what is idle and says goodbye. */
    void leave() {
        exchange.releaseIdle(nowNs);
    }

    boolean isDrained() {
        return active.isDrained() && exchange.isDrained();
    }

    void disconnect(String reason) {
        active.disconnect(reason);
        standing.close(reason);
    }

    private long epoch() {
        return registration.epoch();
    }

    private void publishView(String problem) {
        boolean isUp = active.isRegistered();
        int size;
        synchronized (owned) {
            size = owned.size();
        }
        view = new ClientView(isUp, active.serverName(), active.serverAddress(), epoch(), size, isUp ? "" : problem);
    }

    private void register() {
        registeredApplications = Set.copyOf(applications);
        // Its own buffer: it names many sessions, and is sent once per connection.
        ExpandableArrayBuffer message = new ExpandableArrayBuffer(1024);
        int length =
                registration.encode(message, settings.name(), settings.productVersion(), registeredApplications, nowNs);
        transmit(message, length);
    }

    private void serve() {
        if (renewals.isDue(nowNs)) {
            renew();
        }
        if (nowNs - nextTouchNs >= 0) {
            nextTouchNs = nowNs + TOUCH_INTERVAL_NS;
            exchange.flushTouches(nowNs);
        }
    }

    /** Behind the requests, and one message at a time: what is named is wanted less than what is asked for. */
    private int name() {
        if (!active.isRegistered() || !active.isDrained() || !registration.hasToName()) {
            return 0;
        }
        transmit(out, registration.encodeNames(out, nowNs));
        return 1;
    }

    private void giveBack(List<OwnedSession> unheld) {
        for (OwnedSession each : unheld) {
            exchange.release(each.key(), each.token(), each.grant(), null, nowNs);
        }
    }

    private void renew() {
        long sequence = renewals.send(nowNs, view.ownedSessions());
        transmit(out, requests.renew(out, epoch(), registration.number(), sequence));
        publishView("");
    }

    private void transmit(DirectBuffer buffer, int length) {
        active.transmit(buffer, length);
    }

    /** Where the exchange's messages go. */
    private final class ToActive implements RequestExchange.Output {
        @Override
        public void transmit(DirectBuffer buffer, int length) {
            active.transmit(buffer, length);
        }

        @Override
        public boolean hasRoom() {
            return active.isDrained();
        }
    }

    /** Follows what the connection tells. */
    private final class Follower implements ActiveConnection.Listener {
        @Override
        public void onTakenIn(HelloReply reply) {
            registration.onServer(reply.epoch(), reply.incarnation());
            register();
        }

        @Override
        public void onMessage(DirectBuffer buffer, int offset, int length) {
            responses.onMessage(buffer, offset, length, answers);
        }

        @Override
        public void onLinkMessage(LivenessLink from, DirectBuffer message) {
            hear(from, message);
        }

        @Override
        public void onUnregistered() {
            // Before the flag, so that no request thread sees it cleared with the time of an older loss.
            disconnectedSinceNs = nowNs;
            exchange.close();
            registration.onDisconnected();
            isRegistered = false;
        }

        @Override
        public void onDisconnected(boolean wasRegistered, String reason) {
            publishView(reason);
            if (wasRegistered) {
                events.notice(System.Logger.Level.WARNING, "lost server " + active.serverName() + ": " + reason);
            }
        }
    }

    /** A server asks over a link: whether another one is heard, or for this Tomcat's vote. */
    private void hear(LivenessLink from, DirectBuffer message) {
        if (!WitnessProtocol.isOther(message, 0, message.capacity())) {
            witness.onMessage(from, message, nowNs);
            return;
        }
        int length = voter.onMessage(message, 0, message.capacity(), vote);
        if (length > 0) {
            from.sendMessage(vote, 0, length);
        }
    }

    /** Follows what the links tell that stand beside the connection. */
    private final class StandingFollower implements StandingLinks.Listener {
        @Override
        public void onLinkMessage(LivenessLink from, DirectBuffer message) {
            hear(from, message);
        }

        @Override
        public void notice(System.Logger.Level level, String text) {
            events.notice(level, text);
        }
    }

    /** Carries out decoded answers. */
    private final class Answers implements ClientResponseListener {
        @Override
        public void onLogStart(LogStart logStart) {
            registration.onLogStart(logStart);
        }

        @Override
        public void onRegistered(
                long messageEpoch,
                long messageRegistration,
                int leaseMs,
                int serverMaxBytes,
                String name,
                String clientLogs,
                List<OwnedSession> refused) {
            @Nullable
            List<OwnedSession> unheld = registration.onAnswer(messageEpoch, messageRegistration, refused, nowNs);
            if (unheld == null) {
                return;
            }
            maxSessionBytes = Math.min(settings.maxSessionBytes(), serverMaxBytes);
            active.registered(name, messageEpoch);
            isRegistered = true;
            renewals.dueNow(nowNs);
            nextTouchNs = nowNs;
            publishView("");
            events.notice(
                    System.Logger.Level.INFO,
                    "connected to server " + name + " at " + active.serverAddress() + " epoch=" + epoch());
            if (!clientLogs.isEmpty()) {
                events.onClientLogs(clientLogs);
            }
            for (String application : applications) {
                if (!registeredApplications.contains(application)) {
                    transmit(out, requests.application(out, epoch(), true, application));
                }
            }
            exchange.open(epoch());
            giveBack(unheld);
        }

        @Override
        public void onNamed(long messageEpoch, long messageRegistration, int part, List<OwnedSession> refused) {
            giveBack(registration.onNamed(messageEpoch, messageRegistration, part, refused, nowNs));
        }

        @Override
        public void onRenewed(long messageEpoch, long sequence) {
            long sentNs = renewals.sentNs(sequence);
            if (messageEpoch == epoch() && sentNs != LeaseRenewals.UNKNOWN) {
                synchronized (owned) {
                    owned.onRenewed(sentNs, nowNs);
                }
            }
        }

        @Override
        public void onOwned(
                long messageEpoch,
                long requestId,
                long token,
                long version,
                long logTimeMs,
                OwnStatus status,
                int hints,
                long grant,
                long lastAccessedTimeMs,
                @Nullable SessionRecord record) {
            if (messageEpoch == epoch()) {
                exchange.onOwned(
                        requestId, token, version, logTimeMs, status, hints, grant, lastAccessedTimeMs, record, nowNs);
            }
        }

        @Override
        public void onWritten(
                long messageEpoch, long requestId, long token, long version, WriteStatus status, int hints) {
            if (messageEpoch == epoch()) {
                exchange.onWritten(requestId, token, version, status, hints, nowNs);
            }
        }

        @Override
        public void onRecall(long messageEpoch, long token, long grant, SessionKey key) {
            if (messageEpoch == epoch()) {
                exchange.onRecall(key, token, grant, nowNs);
            }
        }

        @Override
        public void onExpired(long messageEpoch, long jobId, long logTimeMs, SessionRecord record) {
            events.onExpired(jobId, logTimeMs, record);
        }

        @Override
        public void onMustRegister(long messageEpoch) {
            if (registration.onMustRegister(messageEpoch)) {
                active.registering();
                register();
            }
        }
    }
}

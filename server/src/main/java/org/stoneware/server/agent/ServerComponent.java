package org.stoneware.server.agent;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.ProblemSource;
import org.stoneware.api.cluster.SessionAdmin;
import org.stoneware.api.cluster.SessionBackup;
import org.stoneware.api.cluster.StorageAdmin;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.session.SessionKey;
import org.stoneware.spi.election.ElectionProvider;
import org.stoneware.spi.liveness.LivenessNetwork;
import org.stoneware.spi.transport.TransportProvider;

/**
 * Starts the server once configuration, liveness, transport, store and election are there, and offers its management when it has. Not by
 * declaration: a declared service is there before its component is, and whoever asked for it while the store opens would be turned away.
 * <p>
 * <b>Failure:</b> a part that can't be opened (a port taken, a register that can't be read) ends the process with exit code 2; an agent
 * that fails or hangs, and want of memory or threads at the start, end it with exit code 3.
 */
@Component(
        service = {},
        configurationPid = "org.stoneware.server",
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        immediate = true)
public final class ServerComponent implements ManagementService, SessionAdmin, SessionBackup {
    private static final System.Logger LOG = System.getLogger("org.stoneware.server");
    private static final int EXIT_CONFIGURATION = 2;
    private static final int EXIT_FATAL = 3;
    private static final int APPOINT_WAIT_SEC = 5;

    private final BundleContext bundles;
    private final ArraySettings settings;
    private final EventLog events = new EventLog(System::currentTimeMillis);
    private final AgentThread thread;
    private final ServerAgent agent;
    private final StoreProviders providers;
    private final StorageDesk storage;
    private final BackupDesk backups;
    private final List<ProblemSource> problemSources = new CopyOnWriteArrayList<>();
    private final ServiceRegistration<?> offered;

    @Activate
    @SuppressWarnings("this-escape")
    public ServerComponent(
            BundleContext bundles,
            Map<String, Object> configuration,
            @Reference ArraySettings settings,
            @Reference LivenessNetwork liveness,
            @Reference(name = "transport") TransportProvider transport,
            @Reference ChosenStore chosen,
            @Reference(name = "election") ElectionProvider election) {
        if (System.getProperty(ProcessEnd.EXIT_CODE) != null) {
            // Whoever wants the management service makes the runtime try again; the first failure has said everything.
            throw new IllegalStateException("the process is ending");
        }
        this.bundles = bundles;
        this.settings = settings;
        this.providers = chosen.providers();
        SecureRandom random = new SecureRandom();
        long incarnation = random.nextLong() | 1;
        ServerContext context = new ServerContext(
                settings,
                liveness,
                transport,
                new StoreSource(chosen.offer(), chosen.choice(), providers::offers, chosen.progress()),
                election,
                bundles.getBundle().getVersion().toString(),
                String.valueOf(configuration.getOrDefault("storage.note", "")),
                incarnation,
                System::nanoTime,
                System::currentTimeMillis,
                random::nextLong);
        try {
            this.agent = new ServerAgent(context, events, this::otherProblems);
        } catch (RuntimeException | Error e) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "server cannot start: " + (e instanceof RuntimeException ? e.getMessage() : e.toString()));
            LOG.log(System.Logger.Level.DEBUG, "details", e);
            end(e instanceof RuntimeException ? EXIT_CONFIGURATION : EXIT_FATAL);
            throw e;
        }
        this.backups = new BackupDesk(agent.sessions(), events, settings.self().name());
        this.thread = new AgentThread(agent, this::onFatal);
        this.storage = new StorageDesk(providers, agent.inbox(), agent.stores(), events, agent::status);
        providers.listen(storage);
        if (!providers.isThere(chosen.offer())) {
            storage.onWithdrawn(chosen.offer());
        }
        startAgent();
        this.offered = offer(bundles);
    }

    private void startAgent() {
        try {
            thread.start();
        } catch (OutOfMemoryError e) {
            // The system has no more threads.
            LOG.log(System.Logger.Level.ERROR, "server cannot start: " + e);
            providers.unlisten(storage);
            end(EXIT_FATAL);
            throw e;
        }
    }

    /** A framework that stops meanwhile refuses; then nobody deactivates this component, and it ends what it has begun itself. */
    private ServiceRegistration<?> offer(BundleContext bundles) {
        try {
            return bundles.registerService(
                    new String[] {
                        ManagementService.class.getName(), SessionAdmin.class.getName(), SessionBackup.class.getName()
                    },
                    this,
                    null);
        } catch (IllegalStateException e) {
            providers.unlisten(storage);
            thread.stop();
            throw e;
        }
    }

    @Reference(name = "problems", cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addProblems(ProblemSource source) {
        problemSources.add(source);
    }

    void removeProblems(ProblemSource source) {
        problemSources.remove(source);
    }

    @Deactivate
    void deactivate() {
        offered.unregister();
        providers.unlisten(storage);
        thread.stop();
    }

    private void onFatal(Throwable cause) {
        LOG.log(System.Logger.Level.ERROR, "server gives up: " + cause.getMessage(), cause);
        end(EXIT_FATAL);
    }

    private void end(int exitCode) {
        ProcessEnd.begin(bundles, exitCode);
    }

    @Override
    public ClusterStatus status() {
        ClusterStatus now = agent.status();
        return now.withProblems(StatusWatch.together(now.problems(), otherProblems()));
    }

    private List<String> otherProblems() {
        List<String> found = new ArrayList<>(storage.problems());
        for (ProblemSource source : problemSources) {
            found.addAll(source.problems());
        }
        return found;
    }

    @Override
    public List<ClusterEvent> events() {
        return events.list();
    }

    @Override
    public StopOutcome stop(boolean force, String by) {
        if (settings.isProduction() && !force) {
            boolean isKept = agent.stores().picture().inUse().provider().keepsSessions();
            String refusal = StopCheck.refusal(StopCheck.next(agent::status), isKept);
            if (!refusal.isEmpty()) {
                return new StopOutcome(false, refusal);
            }
        }
        events.info("stop-requested", "stop requested by " + by);
        end(0);
        return new StopOutcome(true, "server " + settings.self().name() + " stops");
    }

    @Override
    public AppointOutcome appoint(String server, boolean force, String by) {
        if (!server.equals(settings.self().name())) {
            return new AppointOutcome(
                    false,
                    "ask " + server + " itself: this is " + settings.self().name());
        }
        events.info("appoint-requested", "to be made active, asked by " + by + (force ? ", forced" : ""));
        CompletableFuture<String> answer = new CompletableFuture<>();
        agent.appoint(force, by, answer::complete);
        try {
            String refusal = answer.get(APPOINT_WAIT_SEC, TimeUnit.SECONDS);
            return new AppointOutcome(refusal.isEmpty(), refusal.isEmpty() ? server + " becomes active" : refusal);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new AppointOutcome(false, "interrupted");
        } catch (ExecutionException | TimeoutException e) {
            return new AppointOutcome(false, "the server did not answer in time; see its log");
        }
    }

    @Override
    public HandOverOutcome handOver(String by) {
        HandOverOutcome outcome = HandOverCheck.of(agent.status());
        if (outcome.isAccepted()) {
            agent.handOver(by);
        }
        return outcome;
    }

    @Override
    public void logInRefused(String door, String from) {
        events.logInRefused(door, from);
    }

    @Override
    public CompletableFuture<SessionPage> list(SessionQuery query) {
        return agent.sessions().list(query);
    }

    @Override
    public CompletableFuture<SessionLook> show(SessionKey key) {
        return agent.sessions().show(key);
    }

    @Override
    public CompletableFuture<SessionStats> stats(String application) {
        return agent.sessions().stats(application);
    }

    @Override
    public CompletableFuture<InvalidateOutcome> invalidate(SessionKey key, String by) {
        return agent.sessions().invalidate(key, by);
    }

    @Override
    public CompletableFuture<InvalidateOutcome> invalidateAll(String application, String by) {
        return agent.sessions().invalidateAll(application, by);
    }

    @Override
    public CompletableFuture<InvalidateOutcome> sweep(String by) {
        return agent.sessions().sweep(by);
    }

    @Override
    public StorageAdmin storage() {
        return storage;
    }

    @Override
    public CompletableFuture<BackupOutcome> backup(Path file, String by) {
        return backups.backup(file, by);
    }

    @Override
    public CompletableFuture<RestoreOutcome> restore(Path file, RestoreOptions options, String by) {
        return backups.restore(file, options, by);
    }
}

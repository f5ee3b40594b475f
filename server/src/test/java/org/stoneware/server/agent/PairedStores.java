package org.stoneware.server.agent;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.osgi.framework.Version;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.server.membership.PeerLinks;
import org.stoneware.server.role.RoleDuties;
import org.stoneware.server.role.SessionGeneration;
import org.stoneware.server.storage.StoreOrder;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.SessionStoreProvider;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.ReferenceSessionStore;

/** The stores of one server of a pair and their exchange, of the parts it ships with; threads and disk run when told. */
public final class PairedStores {
    /** Mode of all stores. */
    private static final String MODE = "memory";

    private static final String BUNDLE = "bundle.memory";

    /** Enough for a trial. */
    private static final long MEMORY_BYTES = 16 << 20;

    /** What a newer version has, but for its trial: it can be filled. */
    private static final long NEWER_MEMORY_BYTES = 1 << 20;

    private final LivenessInbox inbox = new LivenessInbox();
    private final EventLog events = new EventLog(() -> 0);
    private final List<StoreOffer> offers = new ArrayList<>();
    private final List<SessionStore> opened = new ArrayList<>();
    private final ArrayDeque<Runnable> openings = new ArrayDeque<>();
    private final ServerContext context;
    private final StoreSource source;
    private final SessionGenerations generations;
    private StoreExchange exchange;
    private boolean isBegun;
    private long nowNs;

    private final class Memory implements SessionStoreProvider {
        private final long memoryBytes;

        Memory(long memoryBytes) {
            this.memoryBytes = memoryBytes;
        }

        @Override
        public String mode() {
            return MODE;
        }

        @Override
        public SessionStore open(StoreContext of) {
            boolean isTrial = of.directory().toString().contains("store-trial");
            SessionStore store = new ReferenceSessionStore(
                    new StoreContext(of.directory(), isTrial ? MEMORY_BYTES : memoryBytes, 64 << 10, line -> {}));
            opened.add(store);
            return store;
        }
    }

    public PairedStores(Path data) {
        StoreOffer first = offer("1.0.0", MEMORY_BYTES);
        this.source =
                new StoreSource(first, StoreChoice.none(data, MODE), () -> List.copyOf(offers), new StartProgress());
        this.context = ServerAgentTest.context(data, source, () -> nowNs);
        this.generations =
                new SessionGenerations(context, events, 64 << 10, new StoreEvents(() -> {}, () -> {}), () -> {});
    }

    private StoreOffer offer(String version, long memoryBytes) {
        StoreOffer offer =
                new StoreOffer(offers.size() + 1, new Memory(memoryBytes), MODE, BUNDLE, new Version(version));
        offers.add(offer);
        return offer;
    }

    /** What a server begins with, and then each copy of its active. */
    public SessionGeneration next() {
        boolean isFirst = !isBegun;
        isBegun = true;
        return isFirst ? generations.open() : generations.forCopy();
    }

    /** The server these are the stores of. */
    public void serve(RoleDuties duties, Supplier<ServerRole> role) {
        PeerLinks nobody = new PeerLinks(
                context.settings(), 1, "test", (memberId, host, port, timeoutNs) -> {}, new PeerLinks.Output() {
                    @Override
                    public void onEvidence(Evidence evidence) {}

                    @Override
                    public void onMessage(int memberId, org.agrona.DirectBuffer buffer, int offset, int length) {}
                });
        exchange = new StoreExchange(
                source,
                generations,
                new StoreOpener(generations, inbox, events, opening -> {
                    openings.add(opening);
                    return new Thread(() -> {});
                }),
                new ChoiceWriter(inbox, events, new StoreExchangeRig.Inline()),
                events,
                new StoreHost(context, nobody, duties, role, by -> {}));
    }

    /** A newer version of the bundle comes and is asked for. */
    public void use(String version) {
        StoreOffer newer = offer(version, NEWER_MEMORY_BYTES);
        exchange.onOffered(newer);
        String refusal = exchange.use(newer, true, StoreOrders.NOBODY, "test");
        if (!refusal.isEmpty()) {
            throw new AssertionError(refusal);
        }
        openings.remove().run();
    }

    /** The server's duty cycle, behind that of its roles. */
    public void doWork(long now) {
        nowNs = now;
        inbox.drain(100);
        exchange.doWork(now);
    }

    public boolean isBusy() {
        return exchange.isBusy();
    }

    /** Version of the bundle copies of the active are made in. */
    public String version() {
        return generations.inUse().version().toString();
    }

    /** The store that was opened last. */
    public SessionStore last() {
        return opened.get(opened.size() - 1);
    }

    /** What another server is told that asks for a version. */
    public StoreOrder.Kind standing(String version) {
        return exchange.fit()
                .standing(generations.inUse(), MODE, BUNDLE + ' ' + version)
                .kind();
    }

    public String progress() {
        return exchange.picture().progress();
    }

    public List<String> problems() {
        return exchange.picture().problems();
    }

    public List<String> events() {
        return events.list().stream()
                .map(each -> each.type() + ": " + each.text())
                .toList();
    }

    public void close() {
        exchange.close();
        generations.awaitClosed();
    }
}

package org.stoneware.server.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.agrona.ExpandableArrayBuffer;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Version;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.replication.Mismatch;
import org.stoneware.server.storage.ExchangeableStore;
import org.stoneware.server.storage.FaultyStore;
import org.stoneware.server.storage.StoreOrder;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.SessionStoreProvider;
import org.stoneware.spi.storage.StoreContext;

/** A {@link StoreExchange} with stores that do as told, a clock that is told the time, and threads and disk that run when told. */
final class StoreExchangeRig implements ExchangeHost {
    static final String CONFIGURED = "first";
    static final int OTHER_SERVER = 1;
    static final int SESSIONS = 600;
    private static final int MAX_CYCLES = 10_000;

    final EventLog events = new EventLog(() -> 0);
    final LivenessInbox inbox = new LivenessInbox();
    final List<StoreOffer> offers = new ArrayList<>();
    /** What was said to other servers. */
    final List<String> told = new ArrayList<>();

    final List<Integer> reachable = new ArrayList<>();
    /** Openings that have not been given a thread yet. */
    final ArrayDeque<Runnable> openings = new ArrayDeque<>();

    /** Where the choice is written. */
    final Inline disk = new Inline();

    final Path data;
    final ScriptedProvider first = new ScriptedProvider(CONFIGURED);
    final StoreOffer firstOffer;
    final StoreChoice choice;
    final SessionGenerations generations;
    ExchangeableStore store;
    final StoreExchange exchange;
    boolean isActive = true;
    boolean isAnotherActive = true;
    /** While this server is not active: whether it counts at the one that is. */
    boolean isCounted = true;
    /** What the other server says its sessions are in. */
    String modeOfOther = "";

    boolean isBeingCopied;
    boolean isWhole = true;
    /** In what this server differs from its active; null when in nothing that is known. */
    @Nullable
    Mismatch difference;

    int handOvers;
    long nowNs = 1_000_000_000;
    private long lastId;

    /** Makes stores that do as told. */
    static final class ScriptedProvider implements SessionStoreProvider {
        final List<FaultyStore> opened = Collections.synchronizedList(new ArrayList<>());
        private final String mode;
        boolean keepsSessions;
        /** What every store but that of the trial does wrong, from one of its changes on. */
        FaultyStore.Fault fault = FaultyStore.Fault.NONE;

        long faultAtChange = 1;
        /** Called for every store before it is opened. */
        Runnable onOpen = () -> {};
        /** Called for every store but that of the trial before it is closed, on the thread that closes it. */
        Runnable onClose = () -> {};
        /** Called for the trial's too. */
        Runnable onAnyClose = () -> {};
        /** Called when a store is given somebody to hear it; also the trial's when {@link #isTrialHeard}. */
        Runnable onListener = () -> {};

        boolean isTrialHeard;

        ScriptedProvider(String mode) {
            this.mode = mode;
        }

        @Override
        public String mode() {
            return mode;
        }

        @Override
        public boolean keepsSessions() {
            return keepsSessions;
        }

        @Override
        public SessionStore open(StoreContext context) {
            onOpen.run();
            boolean isTrial = context.directory().toString().contains("store-trial");
            FaultyStore store = new FaultyStore(mode).failing(isTrial ? FaultyStore.Fault.NONE : fault, faultAtChange);
            store.onClose = () -> {
                onAnyClose.run();
                if (!isTrial) {
                    onClose.run();
                }
            };
            store.onListener = isTrial && !isTrialHeard ? () -> {} : onListener;
            opened.add(store);
            return store;
        }

        FaultyStore last() {
            return opened.get(opened.size() - 1);
        }
    }

    StoreExchangeRig(Path data) {
        this(data, null);
    }

    /** @param threads on which stores are opened; null for {@link #openings}. */
    StoreExchangeRig(Path data, @Nullable ThreadFactory threads) {
        this.data = data;
        firstOffer = offer(first, "1.0.0");
        choice = StoreChoice.none(data, CONFIGURED);
        StoreSource source = new StoreSource(firstOffer, choice, () -> List.copyOf(offers), new StartProgress());
        generations = new SessionGenerations(
                ServerAgentTest.context(data, source, this::nowNs),
                events,
                1 << 16,
                new StoreEvents(() -> {}, () -> {}),
                () -> {});
        store = generations.open().store();
        exchange = new StoreExchange(
                source,
                generations,
                new StoreOpener(generations, inbox, events, threads == null ? this::notYet : threads),
                new ChoiceWriter(inbox, events, disk),
                events,
                this);
        for (int i = 0; i < SESSIONS; i++) {
            write("S" + i);
        }
    }

    /** A copy from the active takes the place of the sessions here. */
    void copyIsWhole() {
        ExchangeableStore old = store;
        store = generations.get().store();
        for (int i = 0; i < SESSIONS; i++) {
            write("S" + i);
        }
        difference = null;
        old.retire();
    }

    private Thread notYet(Runnable opening) {
        openings.add(opening);
        return new Thread(() -> {});
    }

    /** A store's bundle is installed. */
    StoreOffer offer(ScriptedProvider provider, String version) {
        StoreOffer offer =
                new StoreOffer(++lastId, provider, provider.mode(), "bundle." + provider.mode(), new Version(version));
        offers.add(offer);
        return offer;
    }

    /** A bundle comes while the server runs. */
    StoreOffer come(ScriptedProvider provider, String version) {
        StoreOffer offer = offer(provider, version);
        exchange.onOffered(offer);
        return offer;
    }

    /** A bundle is stopped or uninstalled. */
    void go(StoreOffer offer) {
        offers.remove(offer);
        exchange.onWithdrawn(offer);
    }

    /** @return outcome for people. */
    String write(String id) {
        SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer());
        builder.maxInactiveIntervalSec(60).finish();
        return String.valueOf(store.merge(
                SessionKey.of("localhost/shop", id),
                new SessionDelta().wrap(builder.buffer(), 0),
                new RecordStamp(1, 5, 1, 1000, 1000),
                true,
                0));
    }

    String use(StoreOffer offer) {
        return exchange.use(offer, true, StoreOrders.NOBODY, "test");
    }

    /** Gives the oldest opening its thread. */
    void open() {
        openings.remove().run();
        cycle();
    }

    void cycle() {
        nowNs += 1_000_000;
        disk.work();
        inbox.drain(100);
        store.doWork(nowNs);
        exchange.doWork(nowNs);
    }

    void pass(long ns) {
        nowNs += ns;
        cycle();
    }

    void passSeconds(long seconds) {
        pass(TimeUnit.SECONDS.toNanos(seconds));
    }

    /** Runs what there is to run until no exchange is under way. */
    void untilDone() {
        for (int i = 0; i < MAX_CYCLES && exchange.isBusy(); i++) {
            while (!openings.isEmpty()) {
                openings.remove().run();
            }
            cycle();
        }
        if (exchange.isBusy()) {
            throw new AssertionError("no end: " + exchange.picture().progress() + " " + events());
        }
    }

    /** Runs until a store is in use, and holds the disk then before anything more is written. */
    void untilInUse(StoreOffer offer) {
        for (int i = 0; i < MAX_CYCLES && !inUse().equals(offer.inWords()); i++) {
            disk.isHeld = false;
            disk.work();
            disk.isHeld = true;
            cycle();
        }
        if (!inUse().equals(offer.inWords())) {
            throw new AssertionError("not in use: " + exchange.picture().progress() + " " + events());
        }
    }

    /** Waits for stores out of use; no more are closed beside this thread after that. */
    void awaitClosed() {
        generations.awaitClosed();
    }

    String inUse() {
        return store.inUse().provider();
    }

    /** Mode a restart begins with. */
    String afterRestart(String kept) {
        try {
            return StoreChoice.read(data, CONFIGURED, kept, Set.of()).mode();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    List<String> events() {
        return events.list().stream()
                .map(each -> each.type() + ": " + each.text())
                .toList();
    }

    List<String> eventTypes() {
        return events.list().stream().map(ClusterEvent::type).toList();
    }

    List<String> problems() {
        return exchange.picture().problems();
    }

    @Override
    public ExchangeableStore store() {
        return store;
    }

    @Override
    public boolean isActive() {
        return isActive;
    }

    @Override
    public boolean isCounted() {
        return isActive || isCounted;
    }

    @Override
    public boolean isAnotherActive() {
        return !isActive && isAnotherActive;
    }

    @Override
    public String mode(int memberId) {
        return modeOfOther;
    }

    @Override
    public boolean isBeingCopied() {
        return isBeingCopied;
    }

    @Override
    public boolean isWhole() {
        return isWhole;
    }

    @Override
    public @Nullable Mismatch difference() {
        return difference;
    }

    @Override
    public void keepNotes(boolean isKept) {}

    @Override
    public void checkpoint() {}

    /** Each look at the clock takes a while, so that a duty cycle does a few batches only. */
    @Override
    public long nowNs() {
        return nowNs += 100_000;
    }

    @Override
    public boolean canHandOver() {
        return isActive && !reachable.isEmpty();
    }

    @Override
    public void handOver(String by) {
        handOvers++;
    }

    @Override
    public void tell(int memberId, StoreOrder order) {
        told.add(order.kind() + " " + order.mode() + (order.text().isEmpty() ? "" : ": " + order.text()));
    }

    @Override
    public List<Integer> reachable() {
        return List.copyOf(reachable);
    }

    @Override
    public String name(int memberId) {
        return "Server" + (memberId + 1);
    }

    /** A disk that takes no time, unless it is held. */
    static final class Inline extends AbstractExecutorService {
        private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
        private boolean isShutdown;
        boolean isHeld;

        @Override
        public void execute(Runnable command) {
            waiting.add(command);
            work();
        }

        /** Does what waits, unless it is held. */
        void work() {
            while (!isHeld && !waiting.isEmpty()) {
                waiting.remove().run();
            }
        }

        @Override
        public void shutdown() {
            isShutdown = true;
        }

        @Override
        public List<Runnable> shutdownNow() {
            isShutdown = true;
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return isShutdown;
        }

        @Override
        public boolean isTerminated() {
            return isShutdown;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return isShutdown;
        }
    }
}

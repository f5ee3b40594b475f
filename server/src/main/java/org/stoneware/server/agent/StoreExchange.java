package org.stoneware.server.agent;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.storage.ExchangeableStore;
import org.stoneware.server.storage.OpenedStore;
import org.stoneware.server.storage.StoreOrder;
import org.stoneware.server.storage.StoreSwitch;

/**
 * Carries out what people and bundles want of the store: tries and opens another one beside the agent, lets {@link StoreSwitch} move the
 * sessions, remembers the choice, and looks for another store when the bundle of the one in use goes away.
 *
 * <pre>
 *  the bundle of the store in use goes        the store goes on, for its classes are loaded; a problem is shown
 *  one of the same mode is there or comes     the sessions move to it
 *  none for {@link #GRACE_NS}, another fits     the sessions move to that, never to one that keeps less
 *  none fits, a standby is in sync            the active role is handed over
 *  otherwise                                  this server goes on with the store it has
 * </pre>
 *
 * <b>Threading:</b> the agent thread, but for {@link Picture}, which is handed out whole.
 */
final class StoreExchange implements StoreSwitch.Output {
    /** An update stops a bundle before it starts the next version; that is no reason to leave the mode. */
    static final long GRACE_NS = TimeUnit.SECONDS.toNanos(3);

    private static final int MAX_RESTARTS = 5;
    private static final String NOT_WHOLE =
            "this server does not hold all sessions yet; ask again when it is PASSIVE-STANDBY or ACTIVE-COORDINATOR";

    private final StoreSource source;
    private final SessionGenerations generations;
    private final StoreOpener opener;
    private final LivenessInbox inbox;
    private final EventLog events;
    private final Host host;
    private final StoreSwitch exchange;
    private final StoreOrders orders;
    /** Why a store is not to be used, by the name of its bundle and version. */
    private final Map<String, String> unfit = new LinkedHashMap<>();

    private @Nullable Request request;
    private boolean isOpening;
    private boolean isRemembering;
    private StoreOffer before;
    private boolean isOrphan;
    private boolean isOrphanHandled;
    private long orphanNs;
    private boolean isClosed;
    private volatile Picture picture;

    /** What the rest of the server does for an exchange. */
    interface Host {
        ExchangeableStore store();

        /** True when the sessions here are a whole state, which a restart may believe. */
        boolean isWhole();

        /** Whether what is no session is to be kept in the store as well. */
        void keepNotes(boolean isKept);

        /** Notes all of it anew. */
        void checkpoint();

        long nowNs();

        /** True when this server serves Tomcats and another one holds all its sessions. */
        boolean canHandOver();

        void handOver(String by);

        /** Tells another server something; dropped when it can't be reached. */
        void tell(int memberId, StoreOrder order);

        /** Positions of the other servers that can be reached. */
        List<Integer> reachable();

        String name(int memberId);
    }

    /** What is asked for. */
    private record Request(StoreOffer offer, boolean isRemembered, int askedBy, String by, int restarts) {}

    /** What is shown to people. */
    record Picture(
            StoreOffer inUse, boolean isBusy, String progress, List<String> problems, Map<String, String> unfit) {}

    StoreExchange(StoreSource source, SessionGenerations generations, LivenessInbox inbox, EventLog events, Host host) {
        this.source = source;
        this.generations = generations;
        this.opener = new StoreOpener(generations);
        this.inbox = inbox;
        this.events = events;
        this.host = host;
        this.exchange = new StoreSwitch(host::store, host::nowNs, this);
        this.orders = new StoreOrders(host, events);
        this.before = source.first();
        this.picture = new Picture(source.first(), false, "", List.of(), Map.of());
    }

    Picture picture() {
        return picture;
    }

    StoreChoice choice() {
        return source.choice();
    }

    boolean isBusy() {
        return request != null || isRemembering || exchange.isBusy() || orders.isWaiting();
    }

    /** Moves the other servers, then this one. */
    void useEverywhere(StoreOffer offer, String by) {
        orders.begin(offer.mode(), by, () -> use(offer, true, StoreOrders.NOBODY, by));
        show();
    }

    /**
     * Moves the sessions.
     *
     * @param isRemembered a restart begins with this mode.
     * @param askedBy      the server to answer, or {@link StoreOrders#NOBODY}.
     */
    void use(StoreOffer offer, boolean isRemembered, int askedBy, String by) {
        if (request != null || exchange.isBusy() || isClosed) {
            refuse(askedBy, offer.mode(), "an exchange is under way");
            return;
        }
        String reason = refusal(generations.inUse(), offer);
        if (!reason.isEmpty()) {
            refuse(askedBy, offer.mode(), reason);
            return;
        }
        if (offer.equals(generations.inUse())) {
            remember(isRemembered, offer.mode(), () -> orders.answer(askedBy, StoreOrder.Kind.DONE, offer.mode(), ""));
            return;
        }
        open(new Request(offer, isRemembered, askedBy, by, 0));
    }

    /** Why sessions may not move now; empty when they may. A store that is kept must not look whole after a restart when it is not. */
    private String refusal(StoreOffer from, StoreOffer to) {
        boolean isKept = from.provider().keepsSessions() || to.provider().keepsSessions();
        return !isKept || from.equals(to) || host.isWhole() ? "" : NOT_WHOLE;
    }

    private void refuse(int askedBy, String mode, String reason) {
        events.warning("store-exchange-refused", "sessions do not move to " + mode + ": " + reason);
        orders.answer(askedBy, StoreOrder.Kind.REFUSED, mode, reason);
    }

    private void open(Request asked) {
        request = asked;
        isOpening = true;
        long payloadBytes = host.store().figures().payloadBytes();
        opener.open(
                asked.offer,
                () -> generations.roomProblem(asked.offer, payloadBytes),
                opened -> inbox.submit(() -> onOpened(asked, opened)));
        show();
    }

    private void onOpened(Request asked, StoreOpener.Opened opened) {
        isOpening = false;
        OpenedStore store = opened.store();
        if (store != null && (isClosed || request != asked)) {
            store.store().close();
            store.place().delete();
            return;
        }
        if (store == null) {
            request = null;
            if (opened.isUnfit()) {
                unfit(asked.offer, opened.problem());
            }
            refuse(asked.askedBy, asked.offer.inWords(), opened.problem());
        } else {
            exchange.begin(store, asked.by, host.nowNs());
        }
        show();
    }

    /** A provider has come. */
    void onOffered(StoreOffer offer) {
        unfit.remove(key(offer));
        boolean isSame = offer.mode().equals(generations.inUse().mode());
        if (isOrphan && !isBusy() && isSame) {
            use(offer, false, StoreOrders.NOBODY, "the return of its bundle");
        }
        show();
    }

    /** A provider has gone; not asked while the whole process stops. */
    void onWithdrawn(StoreOffer offer) {
        unfit.remove(key(offer));
        if (offer.equals(generations.inUse())) {
            isOrphan = true;
            isOrphanHandled = false;
            orphanNs = host.nowNs();
            events.warning(
                    "store-without-bundle",
                    "the bundle of the store in use is gone: " + offer.inWords()
                            + ". The store goes on, for its classes are loaded; another one is looked for");
        }
        show();
    }

    /** Another server asks for something or answers. */
    void onOrder(int memberId, @Nullable StoreOrder order) {
        if (order == null) {
            return;
        }
        if (order.kind() != StoreOrder.Kind.USE) {
            orders.onAnswer(memberId, order);
            return;
        }
        String by = order.text() + " through " + host.name(memberId);
        StoreOffer found = fit(order.mode());
        if (generations.inUse().mode().equals(order.mode()) && (found == null || found.equals(generations.inUse()))) {
            remember(true, order.mode(), () -> orders.answer(memberId, StoreOrder.Kind.DONE, order.mode(), ""));
        } else if (found == null) {
            refuse(memberId, order.mode(), "no bundle that is installed and fit offers it");
        } else {
            use(found, true, memberId, by);
        }
    }

    /** The newest store of a mode that is not known to be broken; null when there is none. */
    @Nullable
    StoreOffer fit(String mode) {
        for (StoreOffer each : source.all().list()) {
            if (each.mode().equals(mode) && !unfit.containsKey(key(each))) {
                return each;
            }
        }
        return null;
    }

    /**
     * Lets time pass.
     *
     * @return amount of work done; 0 when idle.
     */
    int doWork(long nowNs) {
        int work = exchange.doWork(nowNs);
        Request asked = request;
        if (asked != null
                && exchange.isBusy()
                && !refusal(generations.inUse(), asked.offer).isEmpty()) {
            exchange.cancel(NOT_WHOLE, nowNs);
            work++;
        }
        work += orders.doWork(nowNs);
        if (isOrphan && !isOrphanHandled && !isBusy() && nowNs - orphanNs > GRACE_NS) {
            isOrphanHandled = true;
            replaceOrphan();
            work++;
        }
        if (work > 0) {
            show();
        }
        return work;
    }

    private void replaceOrphan() {
        StoreOffer inUse = generations.inUse();
        StoreOffer next = substitute(inUse);
        if (next != null) {
            use(next, false, StoreOrders.NOBODY, "the loss of the bundle of the store in use");
        } else if (host.canHandOver()) {
            host.handOver("the loss of the bundle of the store in use");
        } else {
            events.warning(
                    "store-without-bundle",
                    "no other store fits and no standby is in sync: this server goes on with " + inUse.inWords()
                            + ", whose bundle is gone. Install a bundle that offers " + inUse.mode()
                            + " before this process ends");
        }
    }

    /** Of the same mode, else of the configured one, else one that keeps as much as the one in use; never one that keeps less. */
    private @Nullable StoreOffer substitute(StoreOffer inUse) {
        List<StoreOffer> fit = new ArrayList<>(source.all().list());
        fit.removeIf(each -> unfit.containsKey(key(each))
                || inUse.provider().keepsSessions() && !each.provider().keepsSessions());
        Predicate<StoreOffer> isSameMode = each -> each.mode().equals(inUse.mode());
        Predicate<StoreOffer> isConfigured =
                each -> each.mode().equals(source.choice().configured());
        Predicate<StoreOffer> isAlike =
                each -> each.provider().keepsSessions() == inUse.provider().keepsSessions();
        for (Predicate<StoreOffer> wish : List.of(isSameMode, isConfigured, isAlike)) {
            for (StoreOffer each : fit) {
                if (wish.test(each)) {
                    return each;
                }
            }
        }
        return fit.isEmpty() ? null : fit.get(0);
    }

    /** Ends what is under way; the store in use goes on to its own end. */
    void close() {
        isClosed = true;
        request = null;
        exchange.cancel("this server stops", host.nowNs());
    }

    private void unfit(StoreOffer offer, String reason) {
        unfit.put(key(offer), offer.inWords() + " is not used: " + reason);
    }

    private static String key(StoreOffer offer) {
        return offer.mode() + ' ' + offer.bundle() + ' ' + offer.version();
    }

    /** Writes down what a restart begins with, then does what is to be done after that. */
    private void remember(boolean isRemembered, String mode, Runnable then) {
        if (!isRemembered) {
            then.run();
            return;
        }
        isRemembering = true;
        // The disk may take a while; nothing but the answer waits for it.
        Thread writer = new Thread(
                () -> {
                    try {
                        source.choice().choose(mode);
                    } catch (IOException e) {
                        events.warning(
                                "store-choice-not-kept",
                                "a restart will not know that " + mode + " was chosen: " + e.getMessage());
                    }
                    inbox.submit(() -> {
                        isRemembering = false;
                        then.run();
                        show();
                    });
                },
                "stoneware-store-choice");
        writer.start();
    }

    private void show() {
        List<String> problems = new ArrayList<>(unfit.values());
        if (isOrphan) {
            problems.add("the bundle of the store in use is gone: "
                    + generations.inUse().inWords());
        }
        String progress = isOpening ? "a store is tried and opened" : exchange.progress();
        picture = new Picture(
                generations.inUse(),
                isBusy(),
                progress.isEmpty() ? orders.inWords() : progress,
                List.copyOf(problems),
                Map.copyOf(unfit));
    }

    @Override
    public void info(String kind, String text) {
        events.info(kind, text);
    }

    @Override
    public void warning(String kind, String text) {
        events.warning(kind, text);
    }

    @Override
    public void onExchanged(OpenedStore inUse) {
        Request done = request;
        if (done == null) {
            // The new store failed on probation.
            generations.use(before);
            isOrphan = source.all().list().stream().noneMatch(before::equals);
            isOrphanHandled = true;
            return;
        }
        request = null;
        before = generations.inUse();
        generations.use(done.offer);
        isOrphan = false;
        // Sessions that are kept are found by a restart only in the mode they were written in.
        boolean isRemembered = done.isRemembered || done.offer.provider().keepsSessions();
        remember(
                isRemembered,
                done.offer.mode(),
                () -> orders.answer(done.askedBy, StoreOrder.Kind.DONE, done.offer.mode(), ""));
    }

    @Override
    public void onStoresChanged(ExchangeableStore store) {
        // A store that was replaced as a whole has nobody to note for.
        if (store == host.store()) {
            host.keepNotes(store.isNoting());
        }
    }

    @Override
    public void checkpoint(ExchangeableStore into) {
        onStoresChanged(into);
        host.checkpoint();
    }

    @Override
    public void onUnfit(OpenedStore broken, String reason) {
        Request failed = request;
        request = null;
        for (StoreOffer each : source.all().list()) {
            if (each.inWords().equals(broken.provider())) {
                unfit(each, reason);
            }
        }
        if (failed != null) {
            orders.answer(failed.askedBy, StoreOrder.Kind.REFUSED, failed.offer.mode(), reason);
        } else {
            // What was chosen has failed; a restart must not begin with it.
            remember(true, generations.inUse().mode(), () -> {});
        }
    }

    @Override
    public void onInterrupted(String reason) {
        Request again = request;
        request = null;
        if (again == null || isClosed) {
            return;
        }
        String refusal = refusal(generations.inUse(), again.offer);
        if (!refusal.isEmpty()) {
            refuse(again.askedBy, again.offer.mode(), refusal);
        } else if (again.restarts < MAX_RESTARTS) {
            open(new Request(again.offer, again.isRemembered, again.askedBy, again.by, again.restarts + 1));
        } else {
            refuse(again.askedBy, again.offer.mode(), reason);
        }
    }
}

package org.stoneware.server.agent;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.storage.ExchangeableStore;
import org.stoneware.server.storage.OpenedStore;
import org.stoneware.server.storage.StoreOrder;
import org.stoneware.server.storage.StoreSwitch;
import org.stoneware.server.storage.StoreSwitchState;

/**
 * Carries out what people and bundles want of the store: tries and opens another one beside the agent, lets {@link StoreSwitch} move the
 * sessions, remembers the choice, and looks for another store when the bundle of the one in use goes away, see {@link LostBundle}.
 * <p>
 * <b>Threading:</b> the agent thread, but for {@link ExchangePicture}, which is handed out whole.
 */
final class StoreExchange implements StoreSwitch.Output {
    private static final int MAX_RESTARTS = 5;
    private static final String UNDER_WAY = "an exchange is under way";
    private static final String TARGET_GONE = "its bundle is gone";
    private static final String NOT_WHOLE =
            "this server does not hold all sessions yet; ask again when it is PASSIVE-STANDBY or ACTIVE-COORDINATOR";

    private final StoreSource source;
    private final SessionGenerations generations;
    private final StoreOpener opener;
    private final EventLog events;
    private final ExchangeHost host;
    private final StoreSwitch exchange;
    private final StoreOrders orders;
    private final ChoiceWriter choices;
    private final UnfitStores unfit;
    private final TrialRecord trials;
    private final CopyWatch copies;
    private final StoreSuccession succession;
    private final StoreFit fit;
    private final LostBundle bundle;
    private final StoreTurn turn;
    private final LeftModes left;
    private final RefusalNotices refusals;

    private @Nullable Request request;
    private StoreOpener.@Nullable Opening opening;
    /** The exchange to the store in use is to be remembered over a restart. */
    private boolean isLasting;

    private boolean isClosed;
    private volatile ExchangePicture picture;

    /** What is asked for. */
    private record Request(StoreOffer offer, boolean isRemembered, int askedBy, String by, int restarts) {
        /** Sessions that are kept are found by a restart only in the mode they were written in. */
        boolean isLasting() {
            return isRemembered || offer.provider().keepsSessions();
        }
    }

    StoreExchange(
            StoreSource source,
            SessionGenerations generations,
            StoreOpener opener,
            ChoiceWriter choices,
            EventLog events,
            ExchangeHost host) {
        this.source = source;
        this.generations = generations;
        this.opener = opener;
        this.choices = choices;
        this.events = events;
        this.host = host;
        this.unfit = new UnfitStores(generations.tried());
        this.trials = new TrialRecord(generations, choices, unfit, host);
        this.fit = new StoreFit(source, unfit, trials, host);
        this.bundle = new LostBundle(source, unfit);
        this.turn = new StoreTurn(host, events);
        this.left = new LeftModes(host);
        this.refusals = new RefusalNotices(events);
        this.succession = new StoreSuccession(source, generations);
        this.exchange = new StoreSwitch(host::store, host::nowNs, this);
        this.copies = new CopyWatch(host, trials, exchange, this);
        this.orders = new StoreOrders(host, events);
        if (trials.begin(source.first(), host.nowNs())) {
            events.warning("storage", trials.problem());
        }
        show();
    }

    ExchangePicture picture() {
        return picture;
    }

    StoreChoice choice() {
        return source.choice();
    }

    boolean isBusy() {
        return request != null || choices.isWriting() || exchange.isBusy() || orders.isWaiting();
    }

    /**
     * Moves the other servers, then this one, which is active: what is wrong with a store shows on a standby first.
     *
     * @return why not; empty when it has begun.
     */
    String useEverywhere(StoreOffer offer, String by) {
        String reason = isBusy() ? UNDER_WAY : "";
        if (!host.isActive()) {
            reason = "the active moves all servers, itself last: ask it, or move this server alone (--here)";
        }
        if (!reason.isEmpty()) {
            refuse(StoreOrders.NOBODY, offer.mode(), reason);
            return reason;
        }
        orders.begin(offer.mode(), by, () -> use(offer, true, StoreOrders.NOBODY, by));
        show();
        return "";
    }

    /**
     * Moves this server when it is its turn, see {@link StoreTurn}.
     *
     * @return why not; empty when it has begun. To be asked again, unless the store is unfit then.
     */
    String useInTurn(StoreOffer offer, String by) {
        boolean isThere = offer.equals(generations.inUse());
        if (isThere) {
            turn.forget(offer);
        }
        String reason = isBusy() ? UNDER_WAY : isThere ? "" : turn.refusal(offer, host.nowNs());
        if (reason.isEmpty()) {
            return use(offer, true, StoreOrders.ITSELF, by);
        }
        if (turn.isRefused()) {
            unfit.add(offer, reason);
        }
        show();
        return reason;
    }

    /**
     * Moves the sessions.
     *
     * @param isRemembered a restart begins with this mode.
     * @param askedBy      the server to answer, or {@link StoreOrders#NOBODY}.
     * @return why not; empty when it has begun.
     */
    String use(StoreOffer offer, boolean isRemembered, int askedBy, String by) {
        String reason = request != null || exchange.isBusy() || isClosed ? UNDER_WAY : "";
        if (reason.isEmpty()) {
            reason = refusal(generations.inUse(), offer);
        }
        if (reason.isEmpty()) {
            reason = opener.problem();
        }
        if (!reason.isEmpty()) {
            refuse(askedBy, offer.mode(), reason);
        } else if (offer.equals(generations.inUse())) {
            remember(isRemembered, () -> orders.answer(askedBy, StoreOrder.Kind.DONE, offer.mode(), ""));
        } else {
            open(new Request(offer, isRemembered, askedBy, by, 0));
        }
        return reason;
    }

    /**
     * Why sessions may not move now; empty when they may. A store that is kept must not look whole after a restart when it is not, and what is
     * being copied is about to be replaced.
     */
    private String refusal(StoreOffer from, StoreOffer to) {
        if (from.equals(to)) {
            return "";
        }
        return !isReady(from, to) ? NOT_WHOLE : fit.isThere(to) ? "" : to.inWords() + ": " + TARGET_GONE;
    }

    private boolean isReady(StoreOffer from, StoreOffer to) {
        boolean isKept = from.provider().keepsSessions() || to.provider().keepsSessions();
        return !host.isBeingCopied() && (!isKept || host.isWhole());
    }

    private void refuse(int askedBy, String mode, String reason) {
        refusals.tell(mode, reason, askedBy == StoreOrders.ITSELF, host.nowNs());
        orders.answer(askedBy, StoreOrder.Kind.REFUSED, mode, reason);
    }

    private void open(Request asked) {
        request = asked;
        trials.open();
        long payloadBytes = host.store().figures().payloadBytes();
        opening = opener.open(
                asked.offer,
                () -> generations.roomProblem(asked.offer, payloadBytes),
                opened -> onOpened(asked, opened),
                host.nowNs());
        show();
    }

    private void onOpened(Request asked, StoreOpener.Opened opened) {
        OpenedStore store = opened.store();
        if (isClosed || request != asked) {
            discard(store);
            return;
        }
        opening = null;
        if (store == null) {
            notOpened(asked, opened);
        } else {
            begin(asked, store);
        }
        show();
    }

    private void notOpened(Request asked, StoreOpener.Opened opened) {
        request = null;
        if (opened.isUnfit()) {
            unfit.add(asked.offer, opened.problem());
        }
        bundle.lookAgain(host.nowNs(), opened.isUnfit() ? LostBundle.GRACE_NS : LostBundle.LOOK_AGAIN_NS);
        refuse(asked.askedBy, asked.offer.mode(), asked.offer.inWords() + ": " + opened.problem());
    }

    private static void discard(@Nullable OpenedStore store) {
        if (store != null) {
            store.place().retire(store.store());
        }
    }

    /** A store that does not open must not keep others from being asked for. */
    private int watchOpening(long nowNs) {
        Request asked = request;
        StoreOpener.Opening present = opening;
        if (asked == null || present == null) {
            return 0;
        }
        boolean isGone = !fit.isThere(asked.offer);
        String problem = isGone ? TARGET_GONE : present.overdue(nowNs);
        if (problem.isEmpty() || !present.giveUp()) {
            // Shown anew once it is opened and not tried any more.
            return present.inWords().equals(picture.progress()) ? 0 : 1;
        }
        opening = null;
        notOpened(asked, new StoreOpener.Opened(null, problem, !isGone));
        return 1;
    }

    /** The choice is on disk before the sessions are anywhere else, so that a restart looks for them where they are. */
    private void begin(Request asked, OpenedStore store) {
        String mode = asked.offer.mode();
        choices.write(asked.isLasting() ? () -> source.choice().begin(mode) : () -> {}, problem -> {
            String refusal = problem.isEmpty() ? refusal(generations.inUse(), asked.offer) : problem;
            if (isClosed || request != asked) {
                discard(store);
            } else if (!refusal.isEmpty()) {
                request = null;
                discard(store);
                if (problem.isEmpty()) {
                    forget(asked);
                }
                refuse(asked.askedBy, mode, refusal);
            } else {
                exchange.begin(store, asked.by, host.nowNs());
            }
            show();
        });
    }

    /** A provider has come. */
    void onOffered(StoreOffer offer) {
        unfit.come(offer);
        if (bundle.isGone()) {
            boolean isSame = offer.mode().equals(generations.inUse().mode());
            bundle.lookAgain(host.nowNs(), isSame ? 0 : LostBundle.GRACE_NS);
        }
        show();
    }

    /** A provider has gone; not asked while the whole process stops. */
    void onWithdrawn(StoreOffer offer) {
        unfit.go(offer);
        turn.forget(offer);
        if (offer.equals(generations.inUse())) {
            bundle.onGone(host.nowNs());
            events.warning(
                    "store-without-bundle",
                    "the bundle of the store in use is gone: " + offer.inWords()
                            + ". The store goes on, for its classes are loaded; another one is looked for");
        }
        Request asked = request;
        if (asked != null && offer.equals(asked.offer)) {
            exchange.cancel(TARGET_GONE, host.nowNs());
        }
        show();
    }

    /** Another server asks for something or answers. */
    void onOrder(int memberId, @Nullable StoreOrder order) {
        if (order == null) {
            return;
        }
        switch (order.kind()) {
            case USE -> onUse(memberId, order);
            case DONE, REFUSED -> orders.onAnswer(memberId, order);
            case ASK -> host.tell(memberId, fit.standing(generations.inUse(), order.mode(), order.text()));
            case PROVED, TRYING, UNFIT, LACKS -> turn.onStanding(memberId, order);
        }
    }

    private void onUse(int memberId, StoreOrder order) {
        Request present = request;
        if (present != null
                && present.askedBy == memberId
                && present.offer.mode().equals(order.mode())) {
            // Asked again, since an answer can be lost on its way; this one is not known yet.
            return;
        }
        String by = order.text() + " through " + host.name(memberId);
        StoreOffer found = fit.wanted(order.mode());
        if (generations.inUse().mode().equals(order.mode()) && (found == null || found.equals(generations.inUse()))) {
            remember(true, () -> orders.answer(memberId, StoreOrder.Kind.DONE, order.mode(), ""));
        } else if (found == null) {
            refuse(memberId, order.mode(), "no bundle that is installed and fit offers it");
        } else {
            use(found, true, memberId, by);
        }
    }

    /** Which stores may be used. The agent thread. */
    StoreFit fit() {
        return fit;
    }

    /**
     * Lets time pass.
     *
     * @return amount of work done; 0 when idle.
     */
    int doWork(long nowNs) {
        int work = copies.doWork(generations.inUse(), nowNs) + exchange.doWork(nowNs) + watchOpening(nowNs);
        Request asked = request;
        if (asked != null && exchange.isBusy() && !isReady(generations.inUse(), asked.offer)) {
            exchange.cancel(NOT_WHOLE, nowNs);
            work++;
        }
        work += orders.doWork(nowNs) + left.doWork(nowNs);
        turn.doWork(nowNs);
        if (request == null && exchange.state() == StoreSwitchState.IDLE) {
            work += trials.onIdle(generations.inUse(), source.choice(), nowNs);
        }
        if (!isBusy() && exchange.state() == StoreSwitchState.IDLE) {
            work += correct();
        }
        if (bundle.isDue(nowNs) && !isBusy()) {
            bundle.lookAgain(nowNs, LostBundle.LOOK_AGAIN_NS);
            replaceStore();
            work++;
        }
        if (work > 0) {
            show();
        }
        return work;
    }

    /** Copies are made in stores like the one in use, whatever became of an exchange when the sessions were replaced as a whole. */
    private int correct() {
        if (!succession.correct(host.store().inUse())) {
            return 0;
        }
        events.warning(
                "store-exchange-given-up",
                "a copy from the active took the place of sessions that had moved: they are in "
                        + generations.inUse().inWords());
        bundle.onUse(generations.inUse(), host.nowNs());
        String mode = generations.inUse().mode();
        choices.write(() -> source.choice().choose(mode), problem -> show());
        return 1;
    }

    /** The bundle of the store in use is gone, and did not come back at once. */
    private void replaceStore() {
        StoreOffer inUse = generations.inUse();
        StoreOffer next = bundle.substitute(inUse);
        if (next != null) {
            use(next, false, StoreOrders.ITSELF, LostBundle.CAUSE);
        } else if (host.canHandOver() && bundle.handsOver()) {
            host.handOver(LostBundle.CAUSE);
        } else if (bundle.tells()) {
            events.warning(
                    "store-without-bundle",
                    "no other store fits and no standby is in sync: this server goes on with " + inUse.inWords()
                            + ", whose bundle is gone. Install a bundle that offers " + inUse.mode()
                            + " before this process ends");
        }
    }

    /** Ends what is under way; the store in use goes on to its own end. */
    void close() {
        isClosed = true;
        request = null;
        StoreOpener.Opening present = opening;
        if (present != null) {
            present.giveUp();
        }
        exchange.cancel("this server stops", host.nowNs());
        choices.close();
    }

    /** Writes down that a restart begins with the mode in use, then does what is to be done after that. */
    private void remember(boolean isRemembered, Runnable then) {
        if (!isRemembered) {
            then.run();
            return;
        }
        String mode = generations.inUse().mode();
        boolean isOnProbation = exchange.state() == StoreSwitchState.PROVING;
        isLasting |= isOnProbation && !mode.equals(choice().mode());
        boolean mayComeBack = isOnProbation && fit.isThere(succession.before());
        choices.write(() -> source.choice().confirm(mode, mayComeBack), problem -> {
            then.run();
            show();
        });
    }

    /** What was begun came to nothing: the choice is what it was. */
    private void forget(Request failed) {
        if (failed.isLasting()) {
            choices.write(() -> source.choice().abandon(), problem -> show());
        }
    }

    private void show() {
        List<String> problems = unfit.inWords();
        if (bundle.isGone()) {
            problems.add("the bundle of the store in use is gone: "
                    + generations.inUse().inWords());
        }
        problems.addAll(Stream.of(trials.problem(), turn.problem())
                .filter(each -> !each.isEmpty())
                .toList());
        StoreOpener.Opening present = opening;
        String progress = present != null ? present.inWords() : exchange.progress();
        picture = new ExchangePicture(
                generations.inUse(),
                isBusy(),
                progress.isEmpty() ? trials.inWords() + orders.inWords() + turn.inWords() : progress,
                List.copyOf(problems),
                unfit.byOffer(),
                standingBy());
    }

    private Map<String, String> standingBy() {
        Map<String, String> all = left.byMode();
        if (exchange.state() == StoreSwitchState.PROVING) {
            all.put(succession.before().mode(), "this server");
        }
        return all;
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
            throw new IllegalStateException("nobody asked for " + inUse.provider());
        }
        request = null;
        // Whoever moved them did not wait, and who waits for another store asks for it again.
        turn.end();
        isLasting = done.isLasting();
        succession.onExchanged(done.offer);
        bundle.onUse(done.offer, host.nowNs());
        String mode = done.offer.mode();
        Runnable answer = () -> orders.answer(done.askedBy, StoreOrder.Kind.DONE, mode, "");
        choices.write(done.isLasting() ? () -> source.choice().moved(mode) : () -> {}, problem -> {
            answer.run();
            show();
        });
    }

    /** A start begins with this one, so that the sessions need not move again. */
    @Override
    public void onProved(OpenedStore inUse) {
        StoreOffer proved = generations.inUse();
        if (proved.inWords().equals(inUse.provider())) {
            choices.write(() -> generations.proved(proved), problem -> show());
        }
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
    public void onFellBack(OpenedStore inUse, OpenedStore broken, String reason) {
        fit.markUnfit(broken.provider(), reason);
        comeBack();
    }

    @Override
    public void onGaveWay(OpenedStore inUse, OpenedStore left, String reason) {
        turn.onHindered(generations.inUse(), reason, host.nowNs());
        comeBack();
    }

    /** A restart must not begin with what was left; what was not chosen was not written down either. But it is to find what the sessions go to now. */
    private void comeBack() {
        succession.onFellBack();
        bundle.onUse(generations.inUse(), host.nowNs());
        Request next = opening == null ? request : null;
        String asked = next != null && next.isLasting() ? next.offer.mode() : "";
        String mode = generations.inUse().mode();
        if (isLasting) {
            choices.write(() -> source.choice().fellBack(mode, asked), problem -> show());
        }
    }

    /** It is asked for by nobody, and no restart begins with it that has another one. */
    @Override
    public void onStayed(OpenedStore inUse, String reason) {
        StoreOffer failed = generations.inUse();
        if (failed.inWords().equals(inUse.provider())) {
            trials.onStayed(failed, reason);
        }
    }

    @Override
    public void onAlone(OpenedStore inUse, String reason) {
        info("storage", inUse.provider() + " is on probation for another 30 s with none standing by: " + reason);
        trials.onAlone(generations.inUse(), host.nowNs());
    }

    @Override
    public void onUnfit(OpenedStore broken, String reason) {
        fit.markUnfit(broken.provider(), reason);
        givenUp(LostBundle.GRACE_NS, reason);
    }

    @Override
    public void onUnreadable(String reason) {
        Request hindered = request;
        if (hindered != null) {
            turn.onHindered(hindered.offer, reason, host.nowNs());
        }
        givenUp(LostBundle.LOOK_AGAIN_NS, reason);
    }

    private void givenUp(long againNs, String reason) {
        Request failed = request;
        request = null;
        bundle.lookAgain(host.nowNs(), againNs);
        if (failed != null) {
            forget(failed);
            orders.answer(failed.askedBy, StoreOrder.Kind.REFUSED, failed.offer.mode(), reason);
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
            forget(again);
            refuse(again.askedBy, again.offer.mode(), refusal);
        } else if (again.restarts < MAX_RESTARTS) {
            open(new Request(again.offer, again.isRemembered, again.askedBy, again.by, again.restarts + 1));
        } else {
            forget(again);
            refuse(again.askedBy, again.offer.mode(), reason);
        }
    }
}

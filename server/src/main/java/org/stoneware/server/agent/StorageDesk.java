package org.stoneware.server.agent;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.StorageAdmin;
import org.stoneware.server.storage.StoreSwitch;

/**
 * Takes what people ask about stores: answers from the last picture, and hands what is to be done to the agent.
 * <p>
 * <b>Threading:</b> any thread.
 */
final class StorageDesk implements StorageAdmin, StoreProviders.Listener {
    private static final int MAX_BEGIN_WAIT_SEC = 5;

    private final StoreProviders providers;
    private final LivenessInbox inbox;
    private final StoreExchange exchange;
    private final EventLog events;
    private final Supplier<ClusterStatus> status;
    /** Why bundles that should offer a store don't. */
    private final Map<String, String> broken = new ConcurrentHashMap<>();

    /** @param status the last picture of the array. */
    StorageDesk(
            StoreProviders providers,
            LivenessInbox inbox,
            StoreExchange exchange,
            EventLog events,
            Supplier<ClusterStatus> status) {
        this.status = status;
        this.providers = providers;
        this.inbox = inbox;
        this.exchange = exchange;
        this.events = events;
    }

    List<String> problems() {
        return List.copyOf(broken.values());
    }

    @Override
    public List<Offer> list() {
        ExchangePicture now = exchange.picture();
        List<Offer> all = new ArrayList<>();
        boolean isListed = false;
        for (StoreOffer each : providers.offers()) {
            boolean isInUse = each.equals(now.inUse());
            isListed |= isInUse;
            String remark = "";
            for (String reason : now.unfit().values()) {
                remark = reason.startsWith(each.inWords() + ' ') ? reason : remark;
            }
            all.add(offer(each, isInUse, remark));
        }
        if (!isListed) {
            all.add(offer(now.inUse(), true, "its bundle is gone; the store goes on"));
        }
        return all;
    }

    private static Offer offer(StoreOffer offer, boolean isInUse, String remark) {
        return new Offer(
                offer.mode(),
                offer.bundle(),
                offer.version().toString(),
                offer.provider().keepsSessions(),
                isInUse,
                remark);
    }

    @Override
    public String progress() {
        return exchange.picture().progress();
    }

    @Override
    public boolean isMoving() {
        return exchange.picture().isBusy();
    }

    @Override
    public Outcome use(String mode, Scope scope, String by) {
        ExchangePicture now = exchange.picture();
        @Nullable StoreOffer newest = providers.newest(mode).orElse(null);
        if (newest == null) {
            List<String> modes =
                    providers.offers().stream().map(StoreOffer::mode).distinct().toList();
            return new Outcome(
                    false,
                    "no installed bundle offers '" + mode + "'; offered: " + String.join(", ", modes)
                            + "; put a bundle that does into deploy/");
        }
        if (now.isBusy()) {
            return new Outcome(false, "an exchange is under way: " + now.progress());
        }
        CompletableFuture<String> begun = new CompletableFuture<>();
        inbox.submit(() -> begun.complete(begin(mode, scope, by)));
        String reason = refusal(begun);
        if (reason.isEmpty() && newest.equals(now.inUse())) {
            return new Outcome(true, "the sessions of this server are in " + newest.inWords() + " already");
        }
        return reason.isEmpty()
                ? new Outcome(
                        true,
                        "sessions move to " + newest.inWords() + "; see progress and events. "
                                + probation(exchange.picture().inUse().inWords()))
                : new Outcome(false, reason);
    }

    private static String probation(String old) {
        return "Once they are there, " + old + " goes on getting every change for "
                + TimeUnit.NANOSECONDS.toSeconds(StoreSwitch.PROBATION_NS)
                + " s and takes over again should the new one fail; the event store-proved tells the end of that";
    }

    /** On the agent thread. */
    private String begin(String mode, Scope scope, String by) {
        StoreOffer fit = scope == Scope.IN_TURN
                ? exchange.fit().newest(mode)
                : exchange.fit().wanted(mode);
        if (fit == null) {
            String reason = "no bundle that is fit offers it; replace it by a newer version";
            events.warning("store-exchange-refused", "sessions do not move to " + mode + ": " + reason);
            return reason;
        }
        return switch (scope) {
            case ARRAY -> exchange.useEverywhere(fit, by);
            case IN_TURN -> exchange.useInTurn(fit, by);
            case THIS_SERVER -> exchange.use(fit, true, StoreOrders.NOBODY, by);
        };
    }

    /** Whoever looks afterwards sees what was begun. */
    private static String refusal(CompletableFuture<String> begun) {
        try {
            return begun.get(MAX_BEGIN_WAIT_SEC, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            return "the server is busy and has not begun; look at storage:list, and ask again";
        } catch (ExecutionException e) {
            return String.valueOf(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    @Override
    public Outcome retire(String mode, String by) {
        String problem = exchange.picture().retireProblem(mode);
        if (!problem.isEmpty()) {
            return new Outcome(false, problem);
        }
        if (providers.newest(mode).isEmpty()) {
            return new Outcome(false, "no installed bundle offers '" + mode + "'");
        }
        String user = otherServerWith(mode);
        if (!user.isEmpty()) {
            return new Outcome(
                    false,
                    "the sessions of " + user + " are in " + mode
                            + ", and servers may share the bundles' files; move them to another store first");
        }
        StoreProviders.Retired retired = providers.uninstall(mode);
        if (!retired.problem().isEmpty()) {
            return new Outcome(false, retired.problem());
        }
        events.info(
                "store-retired",
                "bundles offering " + mode + " were uninstalled, asked by " + by + ": " + retired.files());
        return new Outcome(true, "bundles offering " + mode + " are uninstalled: " + retired.files());
    }

    @Override
    public String standsBy(String mode) {
        return exchange.picture().standsBy(mode);
    }

    /** A server that can be reached and has its sessions in a store of this mode; empty when there is none. */
    private String otherServerWith(String mode) {
        ClusterStatus now = status.get();
        return now.servers().stream()
                .filter(each -> each.isReachable() && !each.name().equals(now.self()))
                .filter(each -> each.facts().storageMode().equals(mode))
                .map(MemberStatus::name)
                .findFirst()
                .orElse("");
    }

    @Override
    public void reportBroken(String bundle, String reason) {
        broken.put(bundle, "bundle " + bundle + " is not used: " + reason);
        events.warning("store-bundle-broken", "bundle " + bundle + " is not used: " + reason);
    }

    @Override
    public void forgetBroken(String bundle) {
        broken.remove(bundle);
    }

    @Override
    public void onOffered(StoreOffer offer) {
        broken.keySet().removeIf(each -> each.startsWith(offer.bundle() + ' '));
        if (!providers.isFrameworkStarting()) {
            events.info("store-offered", "another store can hold the sessions: " + offer.inWords());
        }
        inbox.submit(() -> exchange.onOffered(offer));
    }

    @Override
    public void onWithdrawn(StoreOffer offer) {
        if (!providers.isFrameworkStopping()) {
            inbox.submit(() -> exchange.onWithdrawn(offer));
        }
    }
}

package org.stoneware.server.agent;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.storage.StoreOrder;
import org.stoneware.server.storage.StoreOrder.Kind;

/**
 * Whose turn it is when every server has been given a newer version of a bundle: that of the standbys, and of the active only once they
 * all hold their sessions in it beyond its probation. A store that ends its process so ends one where nobody is served; see docs/adr/0309.
 *
 * <pre>
 *  another server that can be reached                the active
 *  holds it, past its probation                      moves
 *  is moving to it, or has it on probation           waits; refused, and told as a problem, after {@link #MAX_TRYING_NS}, until it has ended well
 *  was just started with it, or is being copied      the same
 *  does not use it                                   does not either
 *  has no such bundle, or its sessions elsewhere     waits for {@link #MAX_LACK_NS}, for it may come, or come again, and moves
 *  says nothing (an older version)                   the same
 *  went away                                         waits until it is back
 *  none, for {@link #RECENT_NS}                      moves
 * </pre>
 *
 * <b>Threading:</b> the agent thread.
 */
final class StoreTurn {
    /** Servers notice a new file within some seconds of each other; one that has gone since may have gone because of it. */
    static final long RECENT_NS = TimeUnit.SECONDS.toNanos(15);
    /** A jar is copied to one machine after the other. */
    static final long MAX_LACK_NS = TimeUnit.MINUTES.toNanos(2);
    /**
     * As long as an order to another server may take, {@link StoreOrders#MAX_WAIT_NS}: a trial, a copy of all sessions and a probation are
     * over by then on any machine that could hold them, and a server that does not get there, since it is copied again and again or has no room, does not by itself.
     */
    static final long MAX_TRYING_NS = StoreOrders.MAX_WAIT_NS;
    /** What was wrong with a version counts no more once its bundle has come anew, of which another server may hear a moment later. */
    static final long STALE_NS = TimeUnit.SECONDS.toNanos(5);

    /** Moving sessions only to find the disk full costs everybody who is served. */
    static final long HINDERED_NS = TimeUnit.MINUTES.toNanos(10);

    private static final long LOOK_NS = TimeUnit.SECONDS.toNanos(1);

    private final ExchangeHost host;
    private final EventLog events;
    private final Map<Integer, Long> reachedNs = new HashMap<>();
    private final Map<Integer, StoreOrder> answers = new HashMap<>();
    private final Set<Integer> awaited = new TreeSet<>();
    /** Since when those that try it have, whatever became of them meanwhile. */
    private final Map<Integer, Long> tryingNs = new HashMap<>();
    /** Since when those that have no use for it have said so. */
    private final Map<Integer, Long> lackingNs = new HashMap<>();
    /** Those that were waited for long enough. */
    private final Set<Integer> without = new TreeSet<>();

    private long lookedNs = Long.MIN_VALUE;
    private @Nullable StoreOffer waiting;
    private long beganNs;
    private String reason = "";
    private boolean isRefused;
    private boolean isOverdue;
    private @Nullable StoreOffer hindered;
    private long hinderedNs;
    private String hindrance = "";

    StoreTurn(ExchangeHost host, EventLog events) {
        this.host = host;
        this.events = events;
    }

    /** What is waited for, for people; empty when nothing is. */
    String inWords() {
        StoreOffer present = waiting;
        return present == null || reason.isEmpty() ? "" : present.inWords() + " waits: " + reason;
    }

    /** Another server found it unfit, and that was not before its bundle came anew. */
    boolean isRefused() {
        return isRefused;
    }

    /** Another server tries it for too long; empty when none does. */
    String problem() {
        StoreOffer present = waiting;
        return present == null || !isOverdue ? "" : notYet(present, reason);
    }

    private static String notYet(StoreOffer offer, String why) {
        return "the sessions of this server do not move to " + offer.inWords() + " yet: " + why;
    }

    /** Lets time pass. */
    void doWork(long nowNs) {
        if (lookedNs == Long.MIN_VALUE || nowNs - lookedNs >= LOOK_NS) {
            lookedNs = nowNs;
            host.reachable().forEach(each -> reachedNs.put(each, nowNs));
        }
    }

    /**
     * Whether this server may move now; to be asked again later when not.
     *
     * @return why not; empty when it may.
     */
    String refusal(StoreOffer offer, long nowNs) {
        if (offer.equals(hindered) && nowNs - hinderedNs < HINDERED_NS) {
            return "it is tried again in "
                    + TimeUnit.NANOSECONDS.toMinutes(HINDERED_NS - (nowNs - hinderedNs) + LOOK_NS * 59) + " min: "
                    + hindrance;
        }
        if (!host.isActive()) {
            end();
            return host.isAnotherActive() ? "" : "no server is active yet";
        }
        if (!offer.equals(waiting)) {
            end();
            waiting = offer;
            beganNs = nowNs;
            reachedNs.forEach((each, atNs) -> {
                if (nowNs - atNs <= RECENT_NS) {
                    awaited.add(each);
                }
            });
        }
        awaited.addAll(host.reachable());
        String found = "";
        isOverdue = false;
        for (int each : awaited) {
            String problem = problem(offer, each, nowNs);
            // A verdict counts more than what is waited for.
            found = found.isEmpty() || isRefused ? problem : found;
            if (isRefused) {
                break;
            }
        }
        tell(offer, found);
        return found;
    }

    private void tell(StoreOffer offer, String found) {
        if (!found.equals(reason) && !found.isEmpty()) {
            if (isOverdue) {
                events.warning("store-exchange-refused", notYet(offer, found));
            } else {
                events.info("storage", notYet(offer, found));
            }
        }
        reason = found;
        if (found.isEmpty()) {
            end();
        }
    }

    private String problem(StoreOffer offer, int memberId, long nowNs) {
        StoreOrder answer = answers.get(memberId);
        Kind kind = answer == null ? null : answer.kind();
        String name = host.name(memberId);
        if (kind == Kind.PROVED || without.contains(memberId)) {
            return "";
        }
        if (!host.reachable().contains(memberId)) {
            return name
                    + " went away before it had shown that it can live with it; see its log. It is asked once it is"
                    + " back; storage:use " + offer.mode() + " --here does not wait";
        }
        host.tell(memberId, new StoreOrder(Kind.ASK, offer.mode(), offer.maker()));
        long sinceNs = tryingNs.getOrDefault(memberId, nowNs);
        if (kind == Kind.TRYING && nowNs - sinceNs > MAX_TRYING_NS) {
            isOverdue = true;
            return name + " has tried it for " + TimeUnit.NANOSECONDS.toMinutes(MAX_TRYING_NS)
                    + " min and does not hold all its sessions in it yet; see storage:list and the events there. It is"
                    + " asked on; storage:use " + offer.mode() + " --here does not wait";
        }
        if (kind == Kind.TRYING) {
            return name + " tries it first, since nobody is served there";
        }
        if (kind == Kind.UNFIT && nowNs - beganNs > STALE_NS) {
            isRefused = true;
            return name + " does not use it: " + text(answer);
        }
        if (nowNs - lackingNs.getOrDefault(memberId, beganNs) > MAX_LACK_NS) {
            without.add(memberId);
            events.warning(
                    "store-exchange-incomplete",
                    name + (kind == null ? " does not say whether it has " : " has no use for ") + offer.inWords()
                            + ": this server moves without it");
            return "";
        }
        return name + (kind == Kind.LACKS ? " does not have it yet" : " is asked whether it has it");
    }

    private static String text(@Nullable StoreOrder answer) {
        String text = answer == null ? "" : answer.text();
        return text.substring(text.indexOf('\n') + 1);
    }

    /** Another server says where it is. */
    void onStanding(int memberId, StoreOrder order) {
        StoreOffer present = waiting;
        if (present != null
                && order.mode().equals(present.mode())
                && order.text().lines().findFirst().orElse("").equals(present.maker())) {
            StoreOrder before = answers.put(memberId, order);
            if (order.kind() == Kind.TRYING) {
                without.remove(memberId);
                tryingNs.putIfAbsent(memberId, host.nowNs());
            } else if (before != null && before.kind() == Kind.TRYING) {
                // One that has given it up may be on the way to say why.
                lackingNs.put(memberId, host.nowNs());
            }
        }
    }

    /** An exchange came to nothing for a reason that is not the new store's and does not pass in seconds. Another version may need less. */
    void onHindered(StoreOffer offer, String cause, long nowNs) {
        hindered = offer;
        hinderedNs = nowNs;
        hindrance = cause;
    }

    /** Its bundle has gone, or the sessions are in it. */
    void forget(StoreOffer offer) {
        if (offer.equals(waiting)) {
            end();
        }
    }

    /** Nothing is waited for any more; also what was asked of others so far is forgotten. */
    void end() {
        waiting = null;
        reason = "";
        isRefused = false;
        isOverdue = false;
        answers.clear();
        tryingNs.clear();
        lackingNs.clear();
        awaited.clear();
        without.clear();
    }
}

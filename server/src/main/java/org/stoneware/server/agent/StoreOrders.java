package org.stoneware.server.agent;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.stoneware.server.storage.StoreOrder;

/**
 * Asks the other servers, one after the other, to move their sessions to another store, and lets this server follow when all that could be
 * reached at the begin have. A bundle that is broken shows on a standby first, where nobody is served: a server that went away after it was
 * asked may have been ended by the new store, so this one stays.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Limits:</b> a server is waited for as long as it can be reached, at most {@link #MAX_WAIT_NS}.
 */
final class StoreOrders {
    static final int NOBODY = -1;
    /** This server does, by itself, and asks again when it is refused. */
    static final int ITSELF = -2;
    /** Messages between servers can be lost together with their connection. */
    static final long ASK_AGAIN_NS = TimeUnit.SECONDS.toNanos(5);

    static final long MAX_WAIT_NS = TimeUnit.MINUTES.toNanos(30);

    private final ExchangeHost host;
    private final EventLog events;
    private final Set<Integer> left = new LinkedHashSet<>();
    private int asked = NOBODY;
    private long askedNs;
    private long toldNs;
    private String mode = "";
    private String by = "";
    private Runnable then = () -> {};

    StoreOrders(ExchangeHost host, EventLog events) {
        this.host = host;
        this.events = events;
    }

    boolean isWaiting() {
        return asked != NOBODY || !left.isEmpty();
    }

    String inWords() {
        return asked == NOBODY ? "" : host.name(asked) + " moves its sessions to " + mode + " first";
    }

    void begin(String wanted, String asker, Runnable afterwards) {
        mode = wanted;
        by = asker;
        then = afterwards;
        left.addAll(host.reachable());
        askNext();
    }

    private void askNext() {
        asked = NOBODY;
        if (left.isEmpty()) {
            then.run();
            return;
        }
        int next = left.iterator().next();
        left.remove(next);
        asked = next;
        askedNs = host.nowNs();
        toldNs = askedNs;
        host.tell(next, new StoreOrder(StoreOrder.Kind.USE, mode, by));
    }

    void onAnswer(int memberId, StoreOrder order) {
        if (memberId != asked || !order.mode().equals(mode)) {
            return;
        }
        if (order.kind() == StoreOrder.Kind.DONE) {
            events.info("store-exchanged", host.name(memberId) + " has its sessions in " + mode + " now");
            askNext();
        } else {
            giveUp(host.name(memberId) + " refuses: " + order.text());
        }
    }

    private void giveUp(String reason) {
        asked = NOBODY;
        left.clear();
        events.warning(
                "store-exchange-refused", "the sessions of this server do not move to " + mode + " either: " + reason);
    }

    int doWork(long nowNs) {
        if (asked == NOBODY) {
            return 0;
        }
        if (!host.reachable().contains(asked)) {
            String reason = host.name(asked) + " went away before its sessions were in " + mode
                    + ", which may be why; see its log. Ask again when it is back, or move this server alone (--here)";
            events.warning("store-exchange-incomplete", reason);
            giveUp(reason);
            return 1;
        }
        if (nowNs - askedNs > MAX_WAIT_NS) {
            giveUp(host.name(asked) + " did not answer in time");
            return 1;
        }
        if (nowNs - toldNs > ASK_AGAIN_NS) {
            toldNs = nowNs;
            host.tell(asked, new StoreOrder(StoreOrder.Kind.USE, mode, by));
        }
        return 0;
    }

    /** Answers another server, if one asked. */
    void answer(int memberId, StoreOrder.Kind kind, String about, String text) {
        if (memberId >= 0) {
            host.tell(memberId, new StoreOrder(kind, about, text));
        }
    }
}

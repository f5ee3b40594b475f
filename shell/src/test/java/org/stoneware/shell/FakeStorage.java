package org.stoneware.shell;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.StorageAdmin;

/** Two modes, one in use, and a third one whose store breaks while sessions move to it. */
final class FakeStorage implements StorageAdmin {
    static final String BREAKS = "breaks";

    final List<ClusterEvent> events = new CopyOnWriteArrayList<>();
    volatile String inUse = "memory";
    volatile Scope asked = Scope.THIS_SERVER;
    private volatile int looksLeft;
    private volatile String next = inUse;

    @Override
    public List<Offer> list() {
        return List.of(
                new Offer("memory", "org.example.memory", "1.0.0", false, inUse.equals("memory"), ""),
                new Offer("temporary-swap-only", "org.example.swap", "1.1.0", false, !inUse.equals("memory"), ""),
                new Offer(BREAKS, "org.example.breaks", "0.1.0", false, false, "it " + FakeSessions.HOSTILE));
    }

    @Override
    public String progress() {
        return looksLeft > 0
                ? "on the way to " + next
                : next.equals("memory") ? "" : next + " is in use; memory stands by";
    }

    @Override
    public boolean isMoving() {
        if (looksLeft > 0 && --looksLeft == 0) {
            inUse = next;
        }
        return looksLeft > 0;
    }

    @Override
    public Outcome use(String mode, Scope scope, String by) {
        asked = scope;
        if (list().stream().noneMatch(each -> each.mode().equals(mode))) {
            return new Outcome(false, "no installed bundle offers '" + mode + "'");
        }
        if (mode.equals(BREAKS)) {
            events.add(new ClusterEvent(3, 3_000, "store-exchange-given-up", "given up: it is too slow", true));
        } else if (!mode.equals(inUse)) {
            next = mode;
            looksLeft = 3;
            inUse = mode;
        }
        return new Outcome(true, "begins");
    }

    @Override
    public Outcome retire(String mode, String by) {
        boolean isFree = !mode.equals(inUse);
        return new Outcome(isFree, isFree ? "uninstalled" : "the sessions are in " + mode);
    }

    @Override
    public void reportBroken(String bundle, String reason) {}

    @Override
    public void forgetBroken(String bundle) {}
}

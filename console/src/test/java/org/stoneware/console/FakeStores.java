package org.stoneware.console;

import java.util.List;
import org.stoneware.api.cluster.StorageAdmin;

/** Two stores, with the sessions on their way from one to the other. */
final class FakeStores implements StorageAdmin {
    volatile String progress = "42 % of 1240 sessions are in temporary-swap-only";
    volatile String remark = "it failed at 10:32:07: disk full";

    @Override
    public List<Offer> list() {
        return List.of(
                new Offer("memory", "org.stoneware.storage.memory", "0.1.0", false, true, ""),
                new Offer("permanent-store", "org.example.store", "2.0.0", true, false, remark));
    }

    @Override
    public String progress() {
        return progress;
    }

    @Override
    public boolean isMoving() {
        return !progress.isEmpty();
    }

    @Override
    public Outcome use(String mode, Scope scope, String by) {
        throw new AssertionError("the management port moves no sessions");
    }

    @Override
    public Outcome retire(String mode, String by) {
        throw new AssertionError("the management port takes no store away");
    }

    @Override
    public void reportBroken(String bundle, String reason) {}

    @Override
    public void forgetBroken(String bundle) {}
}

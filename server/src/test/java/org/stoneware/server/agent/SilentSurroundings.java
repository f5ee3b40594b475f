package org.stoneware.server.agent;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.server.admin.Surroundings;
import org.stoneware.server.replication.Standbys;
import org.stoneware.server.request.SessionControl;
import org.stoneware.server.role.SessionGeneration;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.ReferenceSessionStore;

/** A passive without sessions. */
final class SilentSurroundings implements Surroundings {
    private final SessionGeneration generation = new SessionGeneration(
            new ReferenceSessionStore(new StoreContext(Path.of(""), 1 << 20, 1 << 16, line -> {})), () -> {});

    @Override
    public List<String> memberNames() {
        return List.of("Server1");
    }

    @Override
    public int selfId() {
        return 0;
    }

    @Override
    public ServerRole role() {
        return ServerRole.PASSIVE_STANDBY;
    }

    @Override
    public String active() {
        return "";
    }

    @Override
    public SessionGeneration current() {
        return generation;
    }

    @Override
    public @Nullable SessionControl control() {
        return null;
    }

    @Override
    public @Nullable Standbys standbys() {
        return null;
    }

    @Override
    public long wallMs() {
        return 1;
    }

    @Override
    public long logTimeMs(long nowNs) {
        return 1;
    }

    @Override
    public void note(String type, String text) {}
}

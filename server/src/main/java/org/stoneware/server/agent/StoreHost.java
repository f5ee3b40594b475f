package org.stoneware.server.agent;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.agrona.ExpandableArrayBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.server.membership.PeerLinks;
import org.stoneware.server.replication.Mismatch;
import org.stoneware.server.replication.PassiveReplica;
import org.stoneware.server.role.RoleDuties;
import org.stoneware.server.storage.ExchangeableStore;
import org.stoneware.server.storage.StoreOrder;
import org.stoneware.wire.figures.ServerFigures;

/**
 * What an exchange of stores needs of the server.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class StoreHost implements ExchangeHost {
    private final ServerContext context;
    private final PeerLinks peers;
    private final RoleDuties duties;
    private final Supplier<ServerRole> role;
    private final Consumer<String> handOver;
    private final ExpandableArrayBuffer message = new ExpandableArrayBuffer();

    /**
     * @param role     what this server is now.
     * @param handOver gives the active role to the standby, asked by somebody.
     */
    StoreHost(
            ServerContext context,
            PeerLinks peers,
            RoleDuties duties,
            Supplier<ServerRole> role,
            Consumer<String> handOver) {
        this.context = context;
        this.peers = peers;
        this.duties = duties;
        this.role = role;
        this.handOver = handOver;
    }

    @Override
    public ExchangeableStore store() {
        return duties.current().store();
    }

    @Override
    public boolean isActive() {
        return duties.processor() != null;
    }

    @Override
    public boolean isCounted() {
        ServerRole now = role.get();
        return now == ServerRole.ACTIVE_COORDINATOR || now == ServerRole.PASSIVE_STANDBY;
    }

    @Override
    public boolean isAnotherActive() {
        return peers.isAnyActive();
    }

    @Override
    public boolean isBeingCopied() {
        PassiveReplica follower = duties.replica();
        return follower != null && follower.copiedSessions() >= 0;
    }

    @Override
    public boolean isWhole() {
        return duties.isWhole();
    }

    @Override
    public @Nullable Mismatch difference() {
        PassiveReplica follower = duties.replica();
        return follower == null ? null : follower.difference();
    }

    @Override
    public void keepNotes(boolean isKept) {
        duties.current().state().keepNotes(isKept);
    }

    @Override
    public void checkpoint() {
        duties.current().state().checkpoint();
    }

    @Override
    public long nowNs() {
        return context.nanoClock().getAsLong();
    }

    @Override
    public boolean canHandOver() {
        return duties.processor() != null && duties.hasStandby();
    }

    @Override
    public void handOver(String by) {
        handOver.accept(by);
    }

    @Override
    public void tell(int memberId, StoreOrder order) {
        peers.send(memberId, message, 0, order.encode(message));
    }

    @Override
    public List<Integer> reachable() {
        int self = context.settings().selfPosition();
        return context.settings().servers().stream()
                .map(ServerSettings::position)
                .filter(id -> id != self && peers.peer(id).isReachable())
                .toList();
    }

    @Override
    public String mode(int memberId) {
        ServerFigures figures = peers.peer(memberId).figures();
        return figures == null ? "" : figures.storageMode();
    }

    @Override
    public String name(int memberId) {
        return context.settings().servers().get(memberId).name();
    }
}

package org.stoneware.election;

import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionException;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;

/**
 * How a server gives its role up for good: with an orderly stop, or because its register can't be written any more. After either it takes
 * part in nothing.
 */
final class RoleEnd {
    private final RegisterAcceptor acceptor;
    private final RegisterSender sender;
    private final Peers peers;
    private final RoleView view;
    private final IntSupplier standby;
    private final Supplier<@Nullable RegisterMessage> leaving;
    private final Runnable abandon;
    private boolean isFailed;

    /**
     * @param standby position of this active's standby, or {@link ElectionView#NO_ACTIVE}.
     * @param leaving what its standby is told; null for what was accepted last.
     * @param abandon gives up what is under way: an attempt to become active, and what an active looks after.
     */
    RoleEnd(
            RegisterAcceptor acceptor,
            RegisterSender sender,
            Peers peers,
            RoleView view,
            IntSupplier standby,
            Supplier<@Nullable RegisterMessage> leaving,
            Runnable abandon) {
        this.acceptor = acceptor;
        this.sender = sender;
        this.peers = peers;
        this.view = view;
        this.standby = standby;
        this.leaving = leaving;
        this.abandon = abandon;
    }

    boolean isOver() {
        return isFailed || view.role() == ServerRole.STOPPED;
    }

    /** Asks something only an active can do; false when this server is none. */
    boolean ifActive(BooleanSupplier request) {
        try {
            return view.role() == ServerRole.ACTIVE_COORDINATOR && !isFailed && request.getAsBoolean();
        } catch (ElectionException e) {
            throw failed(e);
        }
    }

    /** Gives the role up and tells the other server of the pair, which may take over or go on alone at once. */
    void stop() {
        if (view.role() == ServerRole.STOPPED) {
            return;
        }
        Peer partner = peers.at(view.role() == ServerRole.PASSIVE_STANDBY ? view.activeId() : standby.getAsInt());
        RegisterMessage lastWord = leaving.get();
        abandon.run();
        // Giving up the role needs no force; it must not wait for one either.
        view.become(ServerRole.STOPPED, ElectionView.NO_ACTIVE, "stopped");
        if (isFailed) {
            return;
        }
        if (partner != null) {
            sender.sendLeaving(partner.memberId(), lastWord);
        }
        try {
            acceptor.stop();
        } catch (ElectionException e) {
            throw failed(e);
        }
    }

    /** The register can't be written; returns the cause, to be thrown. */
    ElectionException failed(ElectionException cause) {
        isFailed = true;
        abandon.run();
        if (view.role() != ServerRole.STOPPED) {
            view.become(ServerRole.FENCED, ElectionView.NO_ACTIVE, "the register can't be written");
        }
        return cause;
    }
}

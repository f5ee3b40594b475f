package org.stoneware.client;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessNetwork;

/**
 * A link to every configured server but the one that serves this Tomcat, so that a new active is known as soon as it says so, and a
 * server that misses another one can ask. See docs/adr/0043.
 * <p>
 * <b>Threading:</b> the agent thread. Time is a parameter of {@link #beginCycle}.
 */
final class StandingLinks implements WitnessDesk.Sight {
    private final ActiveConnection active;
    private final Listener listener;
    private final List<StandingLink> links = new ArrayList<>();

    /** Hears what is not for the {@link ActiveConnection}. Called on the agent thread. */
    interface Listener {
        /** An opaque message; the bytes may be kept. */
        void onLinkMessage(LivenessLink from, DirectBuffer message);

        /** One readable line. */
        void notice(System.Logger.Level level, String text);
    }

    StandingLinks(
            ClientSettings settings,
            ClientAgent.Identity identity,
            LivenessNetwork liveness,
            Consumer<Runnable> tasks,
            ActiveConnection active,
            Listener listener) {
        this.active = active;
        this.listener = listener;
        Follower follower = new Follower();
        for (String address : settings.servers()) {
            links.add(new StandingLink(address, settings, identity, liveness, tasks, follower));
        }
    }

    /** Sets the time of everything that happens until the next call. */
    void beginCycle(long nowNs) {
        for (StandingLink link : links) {
            link.beginCycle(nowNs);
        }
    }

    /** Keeps every link that should stand. Returns the amount of work done. */
    int doWork() {
        int work = 0;
        for (StandingLink link : links) {
            if (active.isRegistered() && leadsToActive(link)) {
                link.rest(active.serverName(), active.incarnation());
            } else if (active.stage() == ConnectStage.IDLE || !link.address().equals(active.serverAddress())) {
                work += link.doWork();
            }
        }
        return work;
    }

    /** Says goodbye everywhere. */
    void close(String reason) {
        for (StandingLink link : links) {
            link.close(reason);
        }
    }

    /** Compared by process as well, since a server may be known under several addresses. */
    private boolean leadsToActive(StandingLink link) {
        return link.address().equals(active.serverAddress()) || link.incarnation() == active.incarnation();
    }

    @Override
    public @Nullable LivenessLink linkTo(String serverName) {
        if (isServedBy(serverName)) {
            return active.link();
        }
        @Nullable StandingLink link = standingAt(serverName);
        return link == null ? null : link.link();
    }

    /** A server takes Tomcats in only while it is active, and lets go of them when it is no more. */
    @Override
    public WitnessDesk.@Nullable Standing standingOf(String serverName) {
        if (isServedBy(serverName)) {
            return new WitnessDesk.Standing(active.incarnation(), ServerRole.ACTIVE_COORDINATOR, active.epoch());
        }
        @Nullable StandingLink link = standingAt(serverName);
        return link == null ? null : new WitnessDesk.Standing(link.incarnation(), link.role(), link.epoch());
    }

    private boolean isServedBy(String serverName) {
        return active.link() != null && active.serverName().equals(serverName);
    }

    private @Nullable StandingLink standingAt(String serverName) {
        for (StandingLink link : links) {
            if (link.link() != null && link.serverName().equals(serverName)) {
                return link;
            }
        }
        return null;
    }

    @Override
    public boolean isRefusedSince(String serverName, long timeNs) {
        boolean isAny = false;
        for (StandingLink link : links) {
            if (link.serverName().equals(serverName)) {
                if (!link.isRefusedSince(timeNs)) {
                    return false;
                }
                isAny = true;
            }
        }
        return isAny;
    }

    @Override
    public void reach(String serverName) {
        for (StandingLink link : links) {
            if (link.serverName().equals(serverName)) {
                link.reach();
            }
        }
    }

    /** Follows what the servers say. */
    private final class Follower implements StandingLink.Listener {
        @Override
        public void onStanding(StandingLink from, ServerRole role, long epoch) {
            if (role == ServerRole.ACTIVE_COORDINATOR) {
                active.onClaim(from.address(), epoch);
            } else {
                active.onClaimWithdrawn(from.address());
            }
        }

        @Override
        public void onLost(StandingLink from) {
            active.onClaimWithdrawn(from.address());
        }

        @Override
        public void onMessage(LivenessLink from, DirectBuffer message) {
            listener.onLinkMessage(from, message);
        }

        @Override
        public void notice(System.Logger.Level level, String text) {
            listener.notice(level, text);
        }
    }
}

package org.stoneware.server.membership;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.spi.election.VoterContact;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.LivenessLink;

/**
 * The links to voters that are no servers: external voters, and Tomcats where the configuration lets them vote. One voter may have
 * several links; it is gone with the last.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Limits:</b> {@link #MAX_VOTERS}; further ones are not told to the election.
 */
public final class VoterLinks {
    static final int MAX_VOTERS = 2_048;

    private static final System.Logger LOG = System.getLogger("org.stoneware.server");

    private final Set<InetAddress> serverHosts = new HashSet<>();
    private final Output output;
    private final Map<Identity, Voter> voters = new HashMap<>();
    private final Map<Long, Voter> byLink = new HashMap<>();

    /** Takes what voters say. */
    public interface Output {
        void onVoter(VoterContact voter, boolean isConnected);

        /** <b>Ownership:</b> {@code buffer} is a view valid until this call returns. */
        void onVoterMessage(long idHigh, long idLow, DirectBuffer buffer, int offset, int length);
    }

    private record Identity(long high, long low) {}

    /** One voter with at least one link. */
    private static final class Voter {
        final Identity identity;
        final VoterContact contact;
        final Map<Long, LivenessLink> links = new HashMap<>();

        Voter(Identity identity, VoterContact contact) {
            this.identity = identity;
            this.contact = contact;
        }
    }

    public VoterLinks(ArraySettings settings, Output output) {
        this.output = output;
        for (ServerSettings server : settings.servers()) {
            try {
                serverHosts.addAll(Set.of(InetAddress.getAllByName(server.host())));
            } catch (UnknownHostException e) {
                // Then no voter can be known to be on that host: it may get a seat that falls together with its server.
                LOG.log(
                        System.Logger.Level.WARNING,
                        "host of " + server.name() + " has no address: host=" + server.host()
                                + "; voters on it are taken for voters elsewhere until this server is started again");
            }
        }
    }

    /** A voter, or a Tomcat that votes, has said hello and was taken in. */
    public void onAccepted(LivenessLink link, Hello hello) {
        Identity identity = new Identity(hello.idHigh(), hello.idLow());
        @Nullable Voter voter = voters.get(identity);
        if (voter == null) {
            if (voters.size() >= MAX_VOTERS) {
                return;
            }
            InetSocketAddress remote = link.remoteAddress();
            voter = new Voter(
                    identity,
                    new VoterContact(
                            identity.high,
                            identity.low,
                            hello.kind() != Hello.Kind.VOTER,
                            hello.name(),
                            remote.getAddress().getHostAddress(),
                            serverHosts.contains(remote.getAddress())));
            voters.put(identity, voter);
        }
        boolean isNew = voter.links.isEmpty();
        voter.links.put(link.id(), link);
        byLink.put(link.id(), voter);
        if (isNew) {
            output.onVoter(voter.contact, true);
        }
    }

    /** A link has ended; unknown ones are ignored. */
    public void onClosed(LivenessLink link) {
        @Nullable Voter voter = byLink.remove(link.id());
        if (voter == null) {
            return;
        }
        voter.links.remove(link.id());
        if (voter.links.isEmpty()) {
            voters.remove(voter.identity);
            output.onVoter(voter.contact, false);
        }
    }

    /** Whether a link is a voter's. */
    public boolean has(LivenessLink link) {
        return byLink.containsKey(link.id());
    }

    /** A voter has answered. */
    public void onMessage(LivenessLink link, DirectBuffer buffer, int offset, int length) {
        @Nullable Voter voter = byLink.get(link.id());
        if (voter != null) {
            output.onVoterMessage(voter.identity.high, voter.identity.low, buffer, offset, length);
        }
    }

    /** Sends to a voter; lost when it has no link, as the election expects. */
    public void send(long idHigh, long idLow, DirectBuffer buffer, int offset, int length) {
        @Nullable Voter voter = voters.get(new Identity(idHigh, idLow));
        if (voter == null) {
            return;
        }
        for (LivenessLink link : voter.links.values()) {
            if (link.sendMessage(buffer, offset, length)) {
                return;
            }
        }
    }
}

package org.stoneware.election;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.election.FailoverPriority;
import org.stoneware.spi.election.VoterContact;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.VoterId;

/**
 * Who should vote: every server with its present identity, and the external voters or Tomcats the configuration asks for. The active
 * changes one at a time.
 * <p>
 * Of the Tomcats one per host is taken, at most {@link #MAX_TOMCATS}, hosts without a server first, and so many that the number of all
 * voters is odd: an even number needs one vote more and survives no loss more.
 */
final class VoterSeats {
    /** Most Tomcats that vote. */
    static final int MAX_TOMCATS = 5;

    /** A voter that has been gone for so long gives up its seat. */
    static final long MAX_ABSENCE_NS = TimeUnit.SECONDS.toNanos(10);

    private final FailoverPriority priority;
    private final Map<VoterId, Contact> contacts = new TreeMap<>();

    VoterSeats(FailoverPriority priority) {
        this.priority = priority;
    }

    void onVoter(VoterContact voter, boolean isConnected, long nowNs) {
        if (isWanted(voter)) {
            contacts.put(new VoterId(voter.idHigh(), voter.idLow()), new Contact(voter, isConnected, nowNs));
        }
    }

    /** Forgets who has been gone for long and votes nowhere, or the list would grow with every start of a Tomcat. */
    void forget(RegisterValue value, long nowNs) {
        contacts.entrySet().removeIf(each -> each.getValue().isGone(nowNs) && !value.isVoter(each.getKey()));
    }

    boolean isConnected(VoterId voter) {
        Contact contact = contacts.get(voter);
        return contact != null && contact.isConnected;
    }

    /** Whether messages of this voter are looked at. */
    boolean isKnown(VoterId voter) {
        return contacts.containsKey(voter);
    }

    /** A voter that has never been heard since this server became active counts as gone from then on. */
    void begin(RegisterValue value, long nowNs) {
        for (RegisterValue.Voter voter : value.voters()) {
            if (!voter.isServer()) {
                contacts.putIfAbsent(voter.identity(), new Contact(null, false, nowNs));
            }
        }
    }

    /**
     * The next set of voters, one change away from the present one.
     *
     * @param servers identities of the servers that can be talked to, by position.
     * @return null when nothing is to be changed.
     */
    @Nullable
    List<RegisterValue.Voter> next(RegisterValue value, Map<Integer, VoterId> servers, long nowNs) {
        if (!value.former().isEmpty()) {
            return value.voters();
        }
        List<RegisterValue.Voter> changed = withServers(value, servers);
        if (changed == null) {
            changed = withoutOne(value, nowNs);
        }
        return changed == null ? withOneMore(value) : changed;
    }

    /** A server whose file was lost is another voter, in the place of the old one. */
    private static @Nullable List<RegisterValue.Voter> withServers(RegisterValue value, Map<Integer, VoterId> servers) {
        for (Map.Entry<Integer, VoterId> server : servers.entrySet()) {
            if (!value.isVoter(server.getValue())) {
                List<RegisterValue.Voter> voters = new ArrayList<>(value.voters());
                int memberId = server.getKey();
                voters.removeIf(voter -> voter.memberId() == memberId);
                voters.add(new RegisterValue.Voter(memberId, server.getValue()));
                voters.sort((a, b) -> Integer.compareUnsigned(a.memberId(), b.memberId()));
                return voters;
            }
        }
        return null;
    }

    private @Nullable List<RegisterValue.Voter> withoutOne(RegisterValue value, long nowNs) {
        List<RegisterValue.Voter> present = dataless(value);
        RegisterValue.Voter gone = null;
        for (RegisterValue.Voter voter : present) {
            Contact contact = contacts.get(voter.identity());
            gone = contact == null || contact.isGone(nowNs) || isRestarted(contact, value) ? voter : gone;
        }
        // A Tomcat that ended never comes back as the same voter; an external voter does, unless another waits for the
        // seat.
        int wanted = wanted(value);
        boolean isFull = present.size() >= wanted;
        boolean isReplaceable = gone != null && (priority.hasClientVoters() || isFull && candidate(value) != null);
        if (!isReplaceable && present.size() > wanted) {
            gone = present.get(present.size() - 1);
            isReplaceable = true;
        }
        if (!isReplaceable) {
            return null;
        }
        List<RegisterValue.Voter> voters = new ArrayList<>(value.voters());
        voters.remove(gone);
        return voters;
    }

    /** Whether a voter is not heard while another from its host waits for a seat: it has come back as that one. */
    private boolean isRestarted(Contact contact, RegisterValue value) {
        VoterContact voter = contact.voter;
        if (contact.isConnected || voter == null) {
            return false;
        }
        for (Map.Entry<VoterId, Contact> each : contacts.entrySet()) {
            VoterContact other = each.getValue().voter;
            boolean isWaiting = each.getValue().isConnected && !value.isVoter(each.getKey());
            if (isWaiting && other != null && other.host().equals(voter.host())) {
                return true;
            }
        }
        return false;
    }

    private @Nullable List<RegisterValue.Voter> withOneMore(RegisterValue value) {
        VoterId candidate = candidate(value);
        if (candidate == null || dataless(value).size() >= wanted(value)) {
            return null;
        }
        List<RegisterValue.Voter> voters = new ArrayList<>(value.voters());
        voters.add(new RegisterValue.Voter(RegisterValue.Voter.NOT_A_SERVER, candidate));
        return voters;
    }

    /** Voters without data that should have a seat. */
    private int wanted(RegisterValue value) {
        if (!priority.hasClientVoters()) {
            return priority.externalVoters();
        }
        int servers = value.voters().size() - dataless(value).size();
        Set<String> hosts = new HashSet<>();
        int present = 0;
        for (Map.Entry<VoterId, Contact> each : contacts.entrySet()) {
            VoterContact voter = each.getValue().voter;
            boolean hasSeat = value.isVoter(each.getKey());
            if (hasSeat && !each.getValue().isConnected) {
                // It may come back; until it counts as gone it keeps its seat.
                present++;
            } else if (voter != null && each.getValue().isConnected) {
                hosts.add(voter.host());
            }
        }
        int available = Math.min(MAX_TOMCATS, hosts.size() + present);
        return (servers + available) % 2 == 0 && available > 0 ? available - 1 : available;
    }

    /** The best voter that waits for a seat, or null. */
    private @Nullable VoterId candidate(RegisterValue value) {
        Set<String> taken = new HashSet<>();
        contacts.forEach((identity, contact) -> {
            VoterContact voter = contact.voter;
            if (voter != null && value.isVoter(identity)) {
                taken.add(voter.host());
            }
        });
        VoterId best = null;
        for (Map.Entry<VoterId, Contact> each : contacts.entrySet()) {
            VoterContact voter = each.getValue().voter;
            boolean isFree = each.getValue().isConnected && !value.isVoter(each.getKey());
            if (voter != null && isFree && (!voter.isTomcat() || !taken.contains(voter.host()))) {
                if (!voter.isOnServerHost()) {
                    return each.getKey();
                }
                best = best == null ? each.getKey() : best;
            }
        }
        return best;
    }

    private static List<RegisterValue.Voter> dataless(RegisterValue value) {
        return value.voters().stream().filter(voter -> !voter.isServer()).toList();
    }

    private boolean isWanted(VoterContact voter) {
        return voter.isTomcat() ? priority.hasClientVoters() : !priority.hasClientVoters();
    }

    @Override
    public String toString() {
        return contacts.toString();
    }

    /** What is known of one voter. */
    private static final class Contact {
        private final @Nullable VoterContact voter;
        private final boolean isConnected;
        private final long sinceNs;

        Contact(@Nullable VoterContact voter, boolean isConnected, long sinceNs) {
            this.voter = voter;
            this.isConnected = isConnected;
            this.sinceNs = sinceNs;
        }

        boolean isGone(long nowNs) {
            return !isConnected && nowNs - sinceNs >= MAX_ABSENCE_NS;
        }

        @Override
        public String toString() {
            return (voter == null ? "?" : voter.name()) + (isConnected ? " connected" : " gone");
        }
    }
}

package org.stoneware.election;

import java.security.SecureRandom;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionException;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionProvider;
import org.stoneware.voting.ElectionFile;
import org.stoneware.voting.ElectionStore;
import org.stoneware.voting.QuorumRule;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.VoterId;

/**
 * Offers the policy {@code networked-active-passive} on a register kept in a file of the election's directory.
 * <p>
 * The component brings in what the election itself must not have: randomness for a new voter identity, and the file.
 */
@Component(
        configurationPid = RegisterElectionProvider.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        property = "election.policy=" + RegisterElectionProvider.POLICY)
public final class RegisterElectionProvider implements ElectionProvider {
    /** Configuration that makes the component exist. */
    public static final String PID = "org.stoneware.election.register";

    /** Name of the policy. */
    public static final String POLICY = "networked-active-passive";

    /** Servers of one array; with the voters they fit into one value of the register. */
    static final int MAX_SERVERS = RegisterValue.MAX_ENTRIES / 2;

    private final SecureRandom random = new SecureRandom();

    @Override
    public String policy() {
        return POLICY;
    }

    @Override
    public Election open(ElectionContext context, ElectionOutput output) {
        validate(context);
        ElectionFile file = ElectionFile.open(context.directory(), newIdentity(random));
        try {
            return open(context, output, file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Puts the parts together; every other choice of parts is a test's. */
    static Election open(ElectionContext context, ElectionOutput output, ElectionStore store) {
        RegisterAcceptor acceptor = new RegisterAcceptor(store);
        if (context.priority().isConsistency()) {
            return new ConsistencyElection(context, output, acceptor);
        }
        RegisterProposer proposer = new RegisterProposer(new QuorumRule(), context.selfId(), acceptor.identity());
        return new RegisterElection(context, output, acceptor, proposer);
    }

    static VoterId newIdentity(SecureRandom random) {
        VoterId identity;
        do {
            identity = new VoterId(random.nextLong(), random.nextLong());
        } while (identity.equals(VoterId.NONE));
        return identity;
    }

    static void validate(ElectionContext context) {
        int members = context.memberNames().size();
        if (members > MAX_SERVERS) {
            throw new ElectionException("too many servers in one array: servers=" + members + " max=" + MAX_SERVERS
                    + "; divide them into mirror groups");
        }
        if (context.selfId() < 0 || context.selfId() >= members) {
            throw new ElectionException("no such server: selfId=" + context.selfId() + " servers=" + members);
        }
        if (context.incarnation() == 0 || context.electionTimeNs() <= 0) {
            throw new ElectionException("incarnation and election time must be set: incarnation="
                    + context.incarnation() + " electionTimeNs=" + context.electionTimeNs());
        }
    }
}

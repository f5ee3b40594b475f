package org.stoneware.election;

import java.security.SecureRandom;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionProvider;
import org.stoneware.voting.ElectionFile;
import org.stoneware.voting.RegisterAcceptor;

/** Offers the policy {@code appointed}, chosen by the tc-property {@code stoneware.election}. */
@Component(
        configurationPid = AppointedElectionProvider.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        property = "election.policy=" + AppointedElectionProvider.POLICY)
public final class AppointedElectionProvider implements ElectionProvider {
    /** Configuration that makes the component exist. */
    public static final String PID = "org.stoneware.election.appointed";

    /** Name of the policy. */
    public static final String POLICY = "appointed";

    private final SecureRandom random = new SecureRandom();

    @Override
    public String policy() {
        return POLICY;
    }

    @Override
    public Election open(ElectionContext context, ElectionOutput output) {
        RegisterElectionProvider.validate(context);
        ElectionFile file = ElectionFile.open(context.directory(), RegisterElectionProvider.newIdentity(random));
        try {
            return new AppointedElection(context, output, new RegisterAcceptor(file));
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }
}

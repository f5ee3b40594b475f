package org.stoneware.election;

import org.stoneware.spi.election.ElectionProvider;
import org.stoneware.testkit.election.SelfElectingContract;

class RegisterElectionContractTest extends SelfElectingContract {
    @Override
    protected ElectionProvider provider() {
        return new RegisterElectionProvider();
    }
}

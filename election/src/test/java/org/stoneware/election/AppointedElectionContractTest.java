package org.stoneware.election;

import org.stoneware.spi.election.ElectionProvider;
import org.stoneware.testkit.election.ElectionContract;

class AppointedElectionContractTest extends ElectionContract {
    @Override
    protected ElectionProvider provider() {
        return new AppointedElectionProvider();
    }
}

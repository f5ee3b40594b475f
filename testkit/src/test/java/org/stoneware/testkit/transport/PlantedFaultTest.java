package org.stoneware.testkit.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;
import org.stoneware.spi.transport.TransportProvider;

class PlantedFaultTest {
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void shouldBeNoticedByTheContract(PlantedFault fault) throws ReflectiveOperationException {
        assertThat(run(fault, fault.caughtBy())).isInstanceOf(AssertionError.class);
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotBeNoticedWhereThereIsNone(PlantedFault fault) throws ReflectiveOperationException {
        assertThat(run(PlantedFault.NONE, fault.caughtBy())).isNull();
    }

    /** Runs one test of the contract against a faulty transport; returns what it threw. */
    private static Throwable run(PlantedFault fault, String testName) throws ReflectiveOperationException {
        Method test = TransportContract.class.getDeclaredMethod(testName);
        test.setAccessible(true);
        FaultyNetwork contract = new FaultyNetwork(fault);
        try {
            Throwable thrown = catchThrowable(() -> test.invoke(contract));
            return thrown instanceof InvocationTargetException ? thrown.getCause() : thrown;
        } finally {
            contract.closeEnds();
        }
    }

    /** The contract over a network whose transports have one fault. */
    private static final class FaultyNetwork extends TransportContract implements TransportProvider {
        private final InMemoryNetwork network = new InMemoryNetwork();
        private final List<FaultyTransport> opened = new ArrayList<>();
        private final PlantedFault fault;

        private FaultyNetwork(PlantedFault fault) {
            this.fault = fault;
        }

        @Override
        public String name() {
            return "faulty";
        }

        @Override
        public Transport open(TransportContext context) {
            FaultyTransport transport = FaultyTransport.open(network, context, fault);
            opened.add(transport);
            return transport;
        }

        @Override
        protected TransportProvider provider() {
            return this;
        }

        @Override
        protected void inject(InetSocketAddress to, byte[] datagram) {
            if (fault == PlantedFault.HEARS_STRANGERS) {
                opened.forEach(transport -> transport.hear(datagram));
            }
            if (fault != PlantedFault.HIDES_GARBAGE) {
                network.inject(to, datagram);
            }
        }

        @Override
        protected long patienceMs() {
            return fault == PlantedFault.NONE ? super.patienceMs() : 300;
        }

        @Override
        protected long freezeMs() {
            return 150;
        }
    }
}

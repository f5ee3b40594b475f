package org.stoneware.liveness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PortHolderTest {
    private static final String SELF = "pid " + ProcessHandle.current().pid() + " (";

    @Test
    void shouldNameTheProcessThatIsInTheWayAndNoneWithTheSamePortElsewhere() throws IOException {
        assumeTrue(Files.isReadable(Path.of("/proc/net/tcp")), "only Linux tells");
        try (ServerSocket held = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            int port = held.getLocalPort();

            assertThat(PortHolder.find(new InetSocketAddress("127.0.0.1", port)))
                    .hasValueSatisfying(each -> assertThat(each).startsWith(SELF));
            assertThat(PortHolder.find(new InetSocketAddress("0.0.0.0", port)))
                    .hasValueSatisfying(each -> assertThat(each).startsWith(SELF));
            assertThat(PortHolder.find(new InetSocketAddress("127.0.0.9", port)))
                    .isEmpty();
        }
    }

    @Test
    void shouldNameAProcessThatHoldsThePortOfEveryAddress() throws IOException {
        assumeTrue(Files.isReadable(Path.of("/proc/net/tcp")), "only Linux tells");
        try (ServerSocket held = new ServerSocket(0)) {
            assertThat(PortHolder.find(new InetSocketAddress("127.0.0.9", held.getLocalPort())))
                    .hasValueSatisfying(each -> assertThat(each).startsWith(SELF));
        }
    }
}

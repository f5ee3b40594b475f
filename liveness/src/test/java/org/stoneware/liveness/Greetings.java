package org.stoneware.liveness;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;

/** Messages that tests send. */
final class Greetings {
    static final Hello VALVE_HELLO = hello(Hello.Kind.VALVE, 17);
    static final Hello SERVER_HELLO = hello(Hello.Kind.SERVER, 18);
    static final HelloReply ACCEPTED = reply(HelloReply.Status.ACCEPTED);
    static final Heartbeat BEAT = new Heartbeat(17, 0, ServerRole.START, 0, "");

    private Greetings() {}

    static Hello hello(Hello.Kind kind, long incarnation) {
        return new Hello(
                kind, Hello.PROTOCOL_VERSION, 1, 2, incarnation, "caller", "0.1.0", List.of(), null, new byte[0]);
    }

    static HelloReply reply(HelloReply.Status status) {
        return new HelloReply(
                status, "Server1", 99, ServerRole.ACTIVE_COORDINATOR, 1, "a:1", "", 0, 0, 0, null, 0, 0, "why");
    }

    static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }
}

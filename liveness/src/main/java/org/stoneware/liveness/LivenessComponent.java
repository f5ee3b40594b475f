package org.stoneware.liveness;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.stoneware.api.config.ArrayKey;
import org.stoneware.api.config.ArrayKeyException;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.LivenessException;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.spi.liveness.LivenessNetwork;

/** Offers the server's liveness network as a service, from the moment its configuration exists until the bundle stops. */
@Component(
        service = LivenessNetwork.class,
        configurationPid = LivenessComponent.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        immediate = true)
public final class LivenessComponent implements LivenessNetwork {
    static final String PID = "org.stoneware.liveness";

    private final TcpLivenessNetwork network;

    @Activate
    public LivenessComponent(LivenessConfiguration configuration) {
        network = new TcpLivenessNetwork(
                settings(configuration), "stoneware-liveness", arrayKey(configuration.arrayKey()));
    }

    /** Without the key it was told to use it must not run at all; the launcher has told the operator what is wrong with the file. */
    private static @Nullable ArrayKey arrayKey(String file) {
        try {
            return file.isEmpty() ? null : ArrayKey.read(Path.of(file));
        } catch (ArrayKeyException e) {
            throw new LivenessException(e.text(), e);
        }
    }

    /** Says goodbye, so that a stopped bundle is not taken for a dead process. */
    @Deactivate
    void deactivate() {
        network.goodbyeAll("liveness stopped");
    }

    @Override
    public InetSocketAddress listen(InetSocketAddress address, LivenessListener listener) {
        return network.listen(address, listener);
    }

    @Override
    public InetSocketAddress listen(InetSocketAddress address, String door, LivenessListener listener) {
        return network.listen(address, door, listener);
    }

    @Override
    public void connect(String host, int port, long timeoutNs, LivenessListener listener) {
        network.connect(host, port, timeoutNs, listener);
    }

    @Override
    public void status(Heartbeat heartbeat) {
        network.status(heartbeat);
    }

    @Override
    public void agentCycled(long nowNs) {
        network.agentCycled(nowNs);
    }

    @Override
    public int agentAgeMs() {
        return network.agentAgeMs();
    }

    @Override
    public void goodbyeAll(String reason) {
        network.goodbyeAll(reason);
    }

    @Override
    public long protocolErrors() {
        return network.protocolErrors();
    }

    @Override
    public void close() {
        network.close();
    }

    private static LivenessSettings settings(LivenessConfiguration configuration) {
        return new LivenessSettings(
                configuration.serverHeartbeatMs(),
                configuration.serverSilenceMs(),
                configuration.valveHeartbeatMs(),
                configuration.valveSilenceMs(),
                configuration.helloTimeoutMs(),
                configuration.maxUngreeted(),
                configuration.maxConnections(),
                configuration.maxWaitingBytes(),
                configuration.writeStallMs(),
                configuration.goodbyeWaitMs());
    }
}

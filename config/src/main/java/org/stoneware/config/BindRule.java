package org.stoneware.config;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.stoneware.config.HostEnvironment.HostFacts;

/**
 * Decides which address a port is bound to: its own {@code bind}, else the server's, else, if every host of the array is loopback,
 * the host itself, so that the servers of one machine may share port numbers, else every interface.
 * <p>
 * The jmx-port is the exception: without {@code <authentication>} it stays on loopback whatever {@code bind} says (ADR 0011, 0150).
 */
final class BindRule {
    private static final String EVERY_INTERFACE = "0.0.0.0";
    private static final String LOOPBACK = "127.0.0.1";

    private final HostEnvironment environment;
    private final boolean isAllLoopback;

    BindRule(List<ServerEntry> servers, HostEnvironment environment) {
        this.environment = environment;
        this.isAllLoopback = servers.stream()
                .allMatch(server -> environment.facts(server.host().value()).isLoopback());
    }

    /** Address of one port of one server, with its origin. */
    Setting<String> address(ServerEntry server, int port) {
        Setting<String> address = configured(server, server.port(port));
        if (port == ServerEntry.JMX && server.accounts() == null && isBeyondLoopback(address)) {
            return address.with(LOOPBACK).withOrigin("loopback: no <authentication>");
        }
        return address;
    }

    /** The address the file asks for goes beyond loopback. */
    boolean isBeyondLoopback(Setting<String> address) {
        return !environment.facts(address.value()).isLoopback();
    }

    boolean isOverlapping(String left, String right) {
        if (left.equals(right)) {
            return true;
        }
        HostFacts leftFacts = environment.facts(left);
        HostFacts rightFacts = environment.facts(right);
        return leftFacts.isWildcard()
                || rightFacts.isWildcard()
                || (leftFacts.isResolved() && leftFacts.address().equals(rightFacts.address()));
    }

    /** Both servers run on one machine, as far as can be known from here. */
    boolean isSameMachine(ServerEntry left, ServerEntry right) {
        String leftHost = left.host().value();
        String rightHost = right.host().value();
        if (leftHost.equalsIgnoreCase(rightHost)) {
            return true;
        }
        HostFacts leftFacts = environment.facts(leftHost);
        HostFacts rightFacts = environment.facts(rightHost);
        return (leftFacts.isLocal() && rightFacts.isLocal())
                || (leftFacts.isResolved() && leftFacts.address().equals(rightFacts.address()));
    }

    private Setting<String> configured(ServerEntry server, PortEntry port) {
        Setting<String> bind = first(port.bind(), server.bind());
        if (bind != null) {
            return bind;
        }
        if (isAllLoopback) {
            return server.host()
                    .with(environment.facts(server.host().value()).address())
                    .withOrigin("the host itself: all hosts are loopback");
        }
        return Setting.ofDefault(EVERY_INTERFACE, server.position());
    }

    private static @Nullable Setting<String> first(@Nullable Setting<String> own, @Nullable Setting<String> ofServer) {
        return own != null ? own : ofServer;
    }
}

package org.stoneware.config;

import java.util.List;
import java.util.regex.Pattern;
import org.stoneware.config.HostEnvironment.HostFacts;

/** What host names and addresses mean on this machine. A peer's trouble is a warning, one's own an error. */
final class HostRules {
    private static final Pattern PLACEHOLDER = Pattern.compile("server\\.\\d+\\.ip\\.address");

    private final List<ServerEntry> servers;
    private final HostEnvironment environment;

    HostRules(List<ServerEntry> servers, HostEnvironment environment) {
        this.servers = servers;
        this.environment = environment;
    }

    /** Problems whichever server starts: a file whose every host is still a placeholder can start none. */
    List<Problem> ofAll() {
        Problems problems = new Problems();
        if (!servers.isEmpty() && servers.stream().allMatch(HostRules::isPlaceholder)) {
            servers.forEach(server -> placeholder(problems, server));
        }
        return problems.all();
    }

    /** Problems of the server at {@code self} as this one. */
    List<Problem> of(int self) {
        Problems problems = new Problems();
        for (int position = 0; position < servers.size(); position++) {
            if (position == self) {
                own(problems, servers.get(position), position);
            } else {
                peer(problems, servers.get(position));
            }
        }
        return problems.all();
    }

    private void own(Problems problems, ServerEntry server, int self) {
        String host = server.host().value();
        HostFacts facts = environment.facts(host);
        if (isPlaceholder(server)) {
            placeholder(problems, server);
        } else if (!facts.isResolved()) {
            problems.error(
                    server.host().position(),
                    server.path() + "@host",
                    "this server's host '" + host + "' does not resolve to an address",
                    "a name or address of this machine that the others can reach",
                    "correct it, or add the name to DNS or the hosts file");
        } else if (!facts.isLocal()) {
            problems.warning(
                    server.host().position(),
                    server.path() + "@host",
                    "'" + host + "' is no address of this machine",
                    "that is right behind NAT or in a container; otherwise correct it or choose another server with -n");
        } else if (facts.isLoopback()) {
            ownLoopback(problems, server, self);
        }
        ownBinds(problems, server);
    }

    private void ownLoopback(Problems problems, ServerEntry server, int self) {
        for (int position = 0; position < servers.size(); position++) {
            ServerEntry peer = servers.get(position);
            HostFacts facts = environment.facts(peer.host().value());
            if (position == self || facts.isLoopback() || isPlaceholder(peer)) {
                continue;
            }
            String what = "this server's host is " + server.host().value() + ", which '"
                    + peer.name().value() + "' at " + peer.host().value() + " can't reach";
            if (server.isHostAddress()) {
                problems.error(
                        server.host().position(),
                        server.path() + "@host",
                        what + "; %i became a loopback address",
                        "an address of this machine that the others can reach",
                        "write the address in place of %i, or correct what this machine's name resolves to in the hosts file");
            } else {
                problems.warning(
                        server.host().position(), server.path() + "@host", what, "write an address of this machine");
            }
            return;
        }
    }

    private void ownBinds(Problems problems, ServerEntry server) {
        BindRule binds = new BindRule(servers, environment);
        for (int port = 0; port < server.ports().size(); port++) {
            PortEntry entry = server.port(port);
            Setting<String> bind = entry.bind() != null ? entry.bind() : server.bind();
            if (bind == null) {
                continue;
            }
            if (!environment.facts(bind.value()).isLocal()) {
                problems.error(
                        bind.position(),
                        server.path() + (entry.bind() != null ? "/" + entry.name() : "") + "@bind",
                        "'" + ValueReader.shortened(bind.value())
                                + "' is no address of this machine, so nothing can be bound to it",
                        "an address of this machine, or 0.0.0.0",
                        "correct it, or leave bind out");
            } else if (port == ServerEntry.JMX
                    && server.accounts() == null
                    && entry.bind() != null
                    && binds.isBeyondLoopback(bind)) {
                problems.warning(
                        bind.position(),
                        server.path() + "/" + entry.name() + "@bind",
                        "JMX stays on loopback although bind says " + bind.value()
                                + ": the server has no <authentication>, and nobody should manage it without logging in",
                        "add <authentication>, or reach it through an SSH tunnel");
            }
        }
    }

    private void peer(Problems problems, ServerEntry server) {
        String host = server.host().value();
        if (isPlaceholder(server)) {
            problems.warning(
                    server.host().position(),
                    server.path() + "@host",
                    "'" + host + "' is the sample's placeholder",
                    "replace it by the address of '" + server.name().value() + "' before starting that server");
        } else if (!environment.facts(host).isResolved()) {
            problems.warning(
                    server.host().position(),
                    server.path() + "@host",
                    "host '" + host + "' of '" + server.name().value() + "' does not resolve now",
                    "it is tried again while running; correct it if it is misspelt");
        }
    }

    private static void placeholder(Problems problems, ServerEntry server) {
        problems.error(
                server.host().position(),
                server.path() + "@host",
                "'" + server.host().value() + "' is the sample's placeholder",
                "the address of the machine '" + server.name().value() + "' runs on",
                "replace it, for example by 192.168.1.88");
    }

    private static boolean isPlaceholder(ServerEntry server) {
        return PLACEHOLDER.matcher(server.host().value()).matches();
    }
}

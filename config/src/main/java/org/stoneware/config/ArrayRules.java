package org.stoneware.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rules that need every server in view: names, modes, groups, port clashes. */
final class ArrayRules {
    private final Problems problems;
    private final List<ServerEntry> servers;
    private final BindRule binds;

    ArrayRules(Problems problems, List<ServerEntry> servers, BindRule binds) {
        this.problems = problems;
        this.servers = servers;
        this.binds = binds;
    }

    void check(ArrayEntry array, @Nullable ConfigElement serversElement) {
        checkNames();
        checkModes();
        checkGroups(array.mirrorGroups(), serversElement);
        checkPortClashes();
    }

    private void checkNames() {
        Map<String, ServerEntry> byName = new HashMap<>();
        Map<String, ServerEntry> byDirectory = new HashMap<>();
        for (ServerEntry server : servers) {
            ServerEntry first = byName.putIfAbsent(server.name().value(), server);
            if (first != null) {
                problems.error(
                        server.name().position(),
                        server.path() + "@name",
                        "two servers are named '" + server.name().value() + "', the first in line "
                                + first.name().position().line(),
                        "each name once",
                        "rename one of them");
                continue;
            }
            ServerEntry sameDirectory = byDirectory.putIfAbsent(server.directoryName(), server);
            if (sameDirectory != null) {
                problems.error(
                        server.name().position(),
                        server.path() + "@name",
                        "'" + server.name().value() + "' and '"
                                + sameDirectory.name().value() + "' in line "
                                + sameDirectory.name().position().line() + " would share the directory '"
                                + server.directoryName() + "'",
                        "names that differ in letters, digits, '.', '_' or '-'",
                        "rename one of them");
            }
        }
    }

    private void checkModes() {
        for (ServerEntry server : servers) {
            Setting<String> first = servers.get(0).mode();
            Setting<String> mode = server.mode();
            if (!first.isFaulty() && !mode.isFaulty() && !first.value().equals(mode.value())) {
                problems.error(
                        mode.position(),
                        server.path() + "/dso/persistence/mode",
                        "'" + server.name().value() + "' has mode " + mode.value() + " (" + mode.origin() + "), but '"
                                + servers.get(0).name().value() + "' has " + first.value() + " (line "
                                + first.position().line() + ", " + first.origin() + ")",
                        "one mode for all servers of a group",
                        "make them equal");
            }
        }
    }

    private void checkGroups(List<ConfigElement> groups, @Nullable ConfigElement serversElement) {
        if (groups.isEmpty() || serversElement == null) {
            return;
        }
        if (groups.size() > 1) {
            problems.error(
                    groups.get(1).position(),
                    groups.get(1).path(),
                    groups.size() + " mirror groups, the first in line "
                            + groups.get(0).position().line(),
                    "one",
                    "put all servers into one group, or remove the groups");
            return;
        }
        boolean isNested = serversElement.child("mirror-group") != null;
        if (isNested && serversElement.child("server") != null) {
            ConfigElement bare = serversElement.children("server").get(0);
            problems.error(
                    bare.position(),
                    bare.path(),
                    "<server> beside the <mirror-group> in line "
                            + groups.get(0).position().line(),
                    "all servers inside the group, or no group",
                    "move it into the group");
        }
        if (!isNested) {
            checkMembers(groups.get(0));
        }
    }

    private void checkMembers(ConfigElement group) {
        ConfigElement members = group.child("members");
        Map<String, ConfigElement> listed = new HashMap<>();
        List<String> names =
                servers.stream().map(server -> server.name().value()).toList();
        for (ConfigElement member : members == null ? List.<ConfigElement>of() : members.children("member")) {
            ConfigElement first = listed.putIfAbsent(member.text(), member);
            if (first != null) {
                problems.error(
                        member.textPosition(),
                        member.path(),
                        "'" + member.text() + "' is already a member in line "
                                + first.textPosition().line(),
                        "each server once",
                        "delete one");
            } else if (!names.contains(member.text())) {
                problems.error(
                        member.textPosition(),
                        member.path(),
                        "there is no server named '" + ValueReader.shortened(member.text()) + "'",
                        String.join(", ", names),
                        NearestName.advice(member.text(), names, "name a server of this file"));
            }
        }
        for (ServerEntry server : servers) {
            if (!listed.containsKey(server.name().value())) {
                problems.error(
                        server.name().position(),
                        server.path(),
                        "server '" + server.name().value() + "' is in no mirror group; the one in line "
                                + group.position().line() + " does not list it",
                        "every server in exactly one group",
                        "add <member>" + server.name().value() + "</member>, or remove the groups");
            }
        }
    }

    private void checkPortClashes() {
        for (int left = 0; left < servers.size(); left++) {
            for (int right = left; right < servers.size(); right++) {
                if (left == right || binds.isSameMachine(servers.get(left), servers.get(right))) {
                    checkPortClashes(servers.get(left), servers.get(right));
                }
            }
        }
    }

    private void checkPortClashes(ServerEntry left, ServerEntry right) {
        List<String> clashes = new ArrayList<>();
        Position place = null;
        for (int first = 0; first < left.ports().size(); first++) {
            for (int second = left == right ? first + 1 : 0;
                    second < right.ports().size();
                    second++) {
                PortEntry leftPort = left.port(first);
                PortEntry rightPort = right.port(second);
                String leftAddress = binds.address(left, first).value();
                String rightAddress = binds.address(right, second).value();
                if (isClash(leftPort, rightPort) && binds.isOverlapping(leftAddress, rightAddress)) {
                    place = place == null ? rightPort.port().position() : place;
                    clashes.add(describe(leftPort, rightPort, leftAddress));
                }
            }
        }
        if (place == null) {
            return;
        }
        String who = left == right
                ? "server '" + left.name().value() + "' needs twice "
                : "servers '" + left.name().value() + "' (line "
                        + left.position().line() + ") and '"
                        + right.name().value() + "' (line " + right.position().line()
                        + ") are on one machine and both need ";
        problems.error(
                place,
                right.path(),
                who + String.join(", ", clashes),
                "each address and port once",
                left == right
                        ? "change one of the two ports"
                        : "change the ports of one server, or give each an address of its own with host or bind");
    }

    private static boolean isClash(PortEntry left, PortEntry right) {
        int port = left.port().value();
        boolean isFaulty = left.port().isFaulty() || right.port().isFaulty();
        return port != 0 && port == right.port().value() && !isFaulty;
    }

    /** {@code 127.0.0.1:9540 (management-port derived from dso-port + 30, jmx-port in line 5)}. */
    private static String describe(PortEntry left, PortEntry right, String address) {
        String who = left.name().equals(right.name())
                ? left.name() + " of both"
                : left.name() + " " + place(left) + ", " + right.name() + " " + place(right);
        return address + ":" + left.port().value() + " (" + who + ")";
    }

    private static String place(PortEntry port) {
        String origin = port.port().origin();
        return origin.startsWith("line ") ? "in " + origin : origin;
    }
}

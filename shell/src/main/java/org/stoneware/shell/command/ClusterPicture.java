package org.stoneware.shell.command;

import static org.stoneware.shell.command.JsonText.object;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ClientStatus;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;

/** Servers and Tomcats as {@code cluster:*} shows them. */
final class ClusterPicture {
    private ClusterPicture() {}

    /** The columns everybody wants. */
    static Table members(List<MemberStatus> members, long nowMs) {
        Table table = new Table(
                Table.text("SERVER"),
                Table.text("ROLE"),
                Table.text("SINCE"),
                Table.text("IN SYNC"),
                Table.words("DETAIL"));
        for (MemberStatus each : members) {
            table.row(each.name(), role(each), since(each, nowMs), inSync(each), each.detail());
        }
        return table;
    }

    /** Where each is found; the rest is in {@link #members}, and all of it would not fit on a terminal. */
    static Table closely(List<MemberStatus> members, long nowMs) {
        Table table = new Table(
                Table.text("SERVER"),
                Table.text("HOST"),
                Table.text("DSO/JMX/GROUP/HTTP"),
                Table.text("ROLE"),
                Table.number("EPOCH").optional(1),
                Table.text("SINCE").optional(2));
        for (MemberStatus each : members) {
            table.row(
                    each.name(),
                    each.host(),
                    each.clientPort() + "/" + each.jmxPort() + "/" + each.groupPort() + "/" + each.managementPort(),
                    role(each),
                    each.epoch(),
                    since(each, nowMs));
        }
        return table;
    }

    private static Table.Cell role(MemberStatus member) {
        if (!member.isReachable()) {
            return Table.cell(member.role().stateName() + ", not reachable", Style.BAD);
        }
        Style style =
                switch (member.role()) {
                    case ACTIVE_COORDINATOR -> Style.GOOD;
                    case PASSIVE_STANDBY -> Style.READY;
                    case START, PASSIVE_UNINITIALIZED -> Style.WAITING;
                    case FENCED, STOPPED -> Style.BAD;
                };
        return Table.cell(member.role().stateName(), style);
    }

    private static Table.Cell inSync(MemberStatus member) {
        return member.isInSync() ? Table.cell("yes", Style.PLAIN) : Table.cell("no", Style.WAITING);
    }

    private static String since(MemberStatus member, long nowMs) {
        return member.sinceMs() <= 0 ? "" : Figures.duration(Math.max(0, nowMs - member.sinceMs()));
    }

    static Table clients(List<ClientStatus> clients) {
        Table table = new Table(
                Table.text("TOMCAT"),
                Table.text("ADDRESS"),
                Table.text("VERSION").optional(1),
                Table.text("STATE"),
                Table.number("OWNS").optional(2),
                Table.words("APPLICATIONS"));
        for (ClientStatus each : clients) {
            table.row(
                    each.name(),
                    each.address(),
                    each.version(),
                    each.isConnected() ? Table.cell("connected", Style.GOOD) : Table.cell("away", Style.WAITING),
                    each.ownedSessions(),
                    String.join(", ", each.applications()));
        }
        return table;
    }

    static Map<String, @Nullable Object> json(ClusterStatus status) {
        Map<String, @Nullable Object> counters = object();
        status.counters().forEach(each -> counters.put(each.name(), each.value()));
        return object(
                "self",
                status.self(),
                "version",
                status.version(),
                "uptimeMs",
                status.uptimeMs(),
                "servers",
                json(status.servers()),
                "storage",
                object(
                        "configuredMode",
                        status.storage().configuredMode(),
                        "mode",
                        status.storage().mode(),
                        "detail",
                        status.storage().detail(),
                        "sessions",
                        status.storage().sessions(),
                        "payloadBytes",
                        status.storage().payloadBytes(),
                        "memoryUsedBytes",
                        status.storage().memoryUsedBytes(),
                        "memoryMaxBytes",
                        status.storage().memoryMaxBytes(),
                        "diskUsedBytes",
                        status.storage().diskUsedBytes(),
                        "diskMaxBytes",
                        status.storage().diskMaxBytes()),
                "clients",
                clientsJson(status.clients()),
                "counters",
                counters,
                "problems",
                new ArrayList<Object>(status.problems()));
    }

    static List<Object> json(List<MemberStatus> members) {
        List<Object> all = new ArrayList<>();
        for (MemberStatus each : members) {
            all.add(object(
                    "name",
                    each.name(),
                    "host",
                    each.host(),
                    "dsoPort",
                    each.clientPort(),
                    "jmxPort",
                    each.jmxPort(),
                    "groupPort",
                    each.groupPort(),
                    "managementPort",
                    each.managementPort(),
                    "role",
                    each.role().stateName(),
                    "active",
                    each.role() == ServerRole.ACTIVE_COORDINATOR,
                    "detail",
                    each.detail(),
                    "epoch",
                    each.epoch(),
                    "inSync",
                    each.isInSync(),
                    "reachable",
                    each.isReachable(),
                    "since",
                    each.sinceMs() <= 0 ? null : Figures.instant(each.sinceMs())));
        }
        return all;
    }

    static List<Object> clientsJson(List<ClientStatus> clients) {
        List<Object> all = new ArrayList<>();
        for (ClientStatus each : clients) {
            all.add(object(
                    "name",
                    each.name(),
                    "clientId",
                    each.clientId(),
                    "address",
                    each.address(),
                    "version",
                    each.version(),
                    "connected",
                    each.isConnected(),
                    "ownedSessions",
                    each.ownedSessions(),
                    "applications",
                    new ArrayList<Object>(each.applications())));
        }
        return all;
    }
}

package org.stoneware.config;

import static org.stoneware.config.ElementRule.group;
import static org.stoneware.config.ElementRule.noEffect;
import static org.stoneware.config.ElementRule.noEffectWarning;
import static org.stoneware.config.ElementRule.refused;
import static org.stoneware.config.ElementRule.value;
import static org.stoneware.config.ElementRule.valueOrGroup;

import java.util.Set;

/** Every element of the v6 schema and those later schemas put in their place. */
final class TcSchema {
    static final String ROOT = "tc-config";
    static final String NAMESPACE = "http://www.terracotta.org/config";

    private static final Set<String> REPEATABLE = Set.of("server", "mirror-group", "property", "member");

    private TcSchema() {}

    static boolean isRepeatable(String name) {
        return REPEATABLE.contains(name);
    }

    static ElementRule root() {
        return group(
                ROOT,
                group(
                        "tc-properties",
                        value("property").attributes("name", "value").repeatable()),
                group("system", value("configuration-model"), noEffect("license", "no licence is needed")),
                servers(),
                failoverPriority(),
                group(
                        "clients",
                        value("logs"),
                        noEffect("modules", "integration modules do not exist here"),
                        noEffect("dso", "there is no shared-object client")),
                noEffect("application", "applications are clustered by the Valve in their context.xml"),
                noEffectWarning("plugins", "plug-ins are bundles here, see conf/bundle-sets"));
    }

    private static ElementRule servers() {
        return group(
                        "servers",
                        server(),
                        group(
                                "mirror-groups",
                                group("mirror-group", members(), ha())
                                        .attributes("group-name")
                                        .repeatable()),
                        group("mirror-group", server(), ha())
                                .attributes("group-name", "election-time")
                                .repeatable()
                                .readAs("servers/mirror-groups/mirror-group"),
                        ha(),
                        failoverPriority(),
                        noEffect("update-check", "this server never calls out"),
                        value("client-reconnect-window").readAs("server/dso/client-reconnect-window"),
                        group("restartable").attributes("enabled").readAs("server/dso/persistence/mode"),
                        garbageCollection().readAs("server/dso/garbage-collection"))
                .attributes("secure");
    }

    private static ElementRule members() {
        return group("members", value("member").repeatable());
    }

    private static ElementRule server() {
        return group(
                        "server",
                        value("data"),
                        noEffect("index", "there is no search index"),
                        value("logs"),
                        value("data-backup"),
                        noEffect("statistics", "figures are served at the management-port"),
                        port("dso-port"),
                        port("jmx-port"),
                        port("l2-group-port"),
                        port("management-port"),
                        port("tsa-port").readAs("dso-port"),
                        port("tsa-group-port").readAs("l2-group-port"),
                        group(
                                "authentication",
                                group(
                                        "mode",
                                        value("password-file"),
                                        refused(
                                                "login-config-name",
                                                "JAAS log-in modules are not implemented, and running open where the file asks"
                                                        + " for a log-in would be worse than not running")),
                                value("access-file")),
                        refused(
                                "security",
                                "TLS and keychains are not implemented, and running open where the file asks for them would"
                                        + " be worse than not running"),
                        noEffectWarning(
                                "http-authentication",
                                "it protected only Terracotta's statistics pages, which do not exist here"),
                        group(
                                "dso",
                                value("client-reconnect-window"),
                                group("persistence", value("mode"), offheap()),
                                garbageCollection()),
                        offheap().readAs("dso/persistence/offheap"),
                        group(
                                        "dataStorage",
                                        group("offheap").attributes("size"),
                                        noEffect("hybrid", "sessions are not spilled to disk by this element"))
                                .attributes("size")
                                .readAs("dso/persistence/offheap"))
                .attributes("host", "name", "bind", "secure")
                .repeatable();
    }

    private static ElementRule port(String name) {
        return value(name).attributes("bind");
    }

    private static ElementRule offheap() {
        return group("offheap", value("enabled"), value("maxDataSize"));
    }

    private static ElementRule garbageCollection() {
        return group("garbage-collection", value("enabled"), value("verbose"), value("interval"));
    }

    private static ElementRule ha() {
        return group(
                "ha", value("mode"), group("networked-active-passive", value("election-time")), failoverPriority());
    }

    private static ElementRule failoverPriority() {
        return valueOrGroup(
                "failover-priority",
                group("availability"),
                value("unclean-promotion"),
                group("consistency", group("voter").attributes("count"), group("client-voters")));
    }
}

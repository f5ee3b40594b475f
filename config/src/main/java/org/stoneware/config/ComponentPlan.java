package org.stoneware.config;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.stoneware.api.config.ArraySettings;

/**
 * Which components get a configuration, and with it come to life: the implementations of storage, transport and election that the
 * file chooses, and the parts that are always there.
 *
 * @param configurations properties by PID.
 * @param storageMode    storage mode in use.
 * @param storageNote    why another storage mode than the configured one is used; empty when it is the one.
 * @param problem        why the choice can't be met with the installed bundles; empty when it can.
 */
record ComponentPlan(
        Map<String, Map<String, Object>> configurations, String storageMode, String storageNote, String problem) {
    private static final String MEMORY = "memory";
    private static final String TEMPORARY = "temporary-swap-only";
    private static final Map<String, String> STORAGE_PIDS =
            Map.of(MEMORY, "org.stoneware.storage.memory", TEMPORARY, "org.stoneware.storage.swap");
    private static final Map<String, String> ELECTION_PIDS = Map.of(
            "networked-active-passive",
            "org.stoneware.election.register",
            "appointed",
            "org.stoneware.election.appointed");

    /**
     * @param storages   storage modes the installed bundles offer.
     * @param transports transports they offer; empty when none says so.
     * @param elections  election policies they offer; empty when none says so.
     */
    static ComponentPlan of(
            ArraySettings settings, Set<String> storages, Set<String> transports, Set<String> elections) {
        String configured = settings.self().persistenceMode();
        String wanted = settings.properties().getOrDefault(TcProperties.STORAGE, configured);
        String transport = settings.properties().getOrDefault(TcProperties.TRANSPORT, "aeron");
        String election = settings.properties().getOrDefault(TcProperties.ELECTION, "networked-active-passive");
        boolean isStandIn = wanted.equals(TEMPORARY) && !storages.contains(TEMPORARY) && storages.contains(MEMORY);
        String mode = isStandIn ? MEMORY : wanted;
        String note = "";
        if (isStandIn) {
            note = "memory stands in for " + TEMPORARY
                    + ", whose bundle is not installed: sessions are kept in memory only," + " within a fixed bound";
        } else if (!wanted.equals(configured)) {
            note = "chosen by tc-property " + TcProperties.STORAGE + " in place of " + configured;
        }
        String problem = missing("storage mode", mode, storages, TcProperties.STORAGE);
        if (problem.isEmpty() && !transports.isEmpty()) {
            problem = missing("transport", transport, transports, TcProperties.TRANSPORT);
        }
        if (problem.isEmpty() && !elections.isEmpty()) {
            problem = missing("election policy", election, elections, TcProperties.ELECTION);
        }
        Map<String, Map<String, Object>> configurations = new LinkedHashMap<>();
        Map<String, Object> common = Map.of("server.name", settings.self().name());
        configurations.put("org.stoneware.liveness", withArrayKey(common, settings));
        configurations.put("org.stoneware.transport." + transport, common);
        configurations.put(storagePid(mode), common);
        configurations.put(ELECTION_PIDS.getOrDefault(election, "org.stoneware.election." + election), common);
        configurations.put("org.stoneware.console", common);
        configurations.put(
                "org.stoneware.server",
                Map.of(
                        "server.name",
                        settings.self().name(),
                        "storage.mode",
                        mode,
                        "storage.configured",
                        configured,
                        "storage.note",
                        note,
                        "store.target",
                        "(storage.mode=" + mode + ")",
                        "transport.target",
                        "(transport.name=" + transport + ")",
                        "election.target",
                        "(election.policy=" + election + ")"));
        return new ComponentPlan(configurations, mode, note, problem);
    }

    private static Map<String, Object> withArrayKey(Map<String, Object> common, ArraySettings settings) {
        Path key = settings.arrayKey();
        Map<String, Object> properties = new LinkedHashMap<>(common);
        if (key != null) {
            properties.put("arrayKey", key.toString());
        }
        return properties;
    }

    /** PID of the component that offers a mode, unless its bundle names another one. */
    static String storagePid(String mode) {
        return STORAGE_PIDS.getOrDefault(mode, "org.stoneware.storage." + shortMode(mode));
    }

    /** {@code permanent-store} has PID {@code org.stoneware.storage.permanent}. */
    private static String shortMode(String mode) {
        return mode.endsWith("-store") ? mode.substring(0, mode.length() - "-store".length()) : mode;
    }

    private static String missing(String what, String wanted, Set<String> offers, String property) {
        if (offers.contains(wanted)) {
            return "";
        }
        return what + " '" + wanted + "' is configured, but no installed bundle offers it; offered: "
                + (offers.isEmpty() ? "none" : String.join(", ", offers))
                + "; add its bundle to the bundle set, or choose another (tc-property " + property + ")";
    }
}

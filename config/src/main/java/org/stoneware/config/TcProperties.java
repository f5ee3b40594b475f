package org.stoneware.config;

import java.util.List;
import java.util.Set;
import org.stoneware.api.config.ArraySettings;

/** Names of tc-properties that have an effect here. */
final class TcProperties {
    static final String STORAGE = "stoneware.storage";
    static final String TRANSPORT = "stoneware.transport";
    static final String ELECTION = "stoneware.election";
    static final String FAILOVER_PRIORITY = "stoneware.failover-priority";
    static final String UNCLEAN_PROMOTION = "stoneware.unclean-promotion";
    static final String MEMORY_MAX = "stoneware.storage.memory.max";
    static final String MAX_DISK = "stoneware.storage.max-disk";
    static final String DURABILITY = "stoneware.storage.durability";
    static final String ARRAY_KEY = ArraySettings.ARRAY_KEY;
    static final List<String> DURABILITIES = List.of("fsync", "replicated");
    static final List<String> ELECTIONS = List.of("networked-active-passive", "appointed");

    private static final Set<String> OURS = Set.of(
            STORAGE,
            TRANSPORT,
            ELECTION,
            FAILOVER_PRIORITY,
            UNCLEAN_PROMOTION,
            MEMORY_MAX,
            MAX_DISK,
            DURABILITY,
            ARRAY_KEY);
    private static final List<String> TERRACOTTA_PREFIXES = List.of(
            "l2.healthcheck.l1.",
            "l2.healthcheck.l2.",
            "l1.healthcheck.l2.",
            "l2.nha.tcgroupcomm.",
            "l2.l1reconnect.",
            "l1.max.connect.retries",
            "l1.socket.",
            "tc.transport.handshake.timeout",
            "tc.config.",
            "logging.longgc.threshold",
            "tc.time.sync.threshold");

    private TcProperties() {}

    /** Names of ours, for suggestions. */
    static Set<String> ours() {
        return OURS;
    }

    /** A name that config itself or a component is known to read; {@code stoneware.<bundle>.…} belongs to the bundle of that name. */
    static boolean isKnown(String name) {
        boolean isBundles = name.startsWith("stoneware.") && name.indexOf('.', "stoneware.".length()) > 0;
        return OURS.contains(name) || isBundles || TERRACOTTA_PREFIXES.stream().anyMatch(name::startsWith);
    }
}

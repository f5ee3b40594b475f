package org.stoneware.config;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the file says once for all servers; names as in {@link org.stoneware.api.config.ArraySettings}; null what depends on more. */
record ArrayEntry(
        Setting<String> configurationModel,
        Setting<Integer> electionTimeSec,
        Setting<String> haMode,
        Setting<String> failoverPriority,
        int voterCount,
        boolean hasClientVoters,
        @Nullable Setting<String> uncleanPromotion,
        Setting<String> clientLogs,
        Map<String, Setting<String>> properties,
        List<ConfigElement> mirrorGroups) {}

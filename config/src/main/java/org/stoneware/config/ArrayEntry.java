package org.stoneware.config;

import java.util.List;
import java.util.Map;

/** What the file says once for all servers; names as in {@link org.stoneware.api.config.ArraySettings}. */
record ArrayEntry(
        Setting<String> configurationModel,
        Setting<Integer> electionTimeSec,
        Setting<String> haMode,
        Setting<String> failoverPriority,
        int voterCount,
        boolean hasClientVoters,
        Setting<String> clientLogs,
        Map<String, Setting<String>> properties,
        List<ConfigElement> mirrorGroups) {}

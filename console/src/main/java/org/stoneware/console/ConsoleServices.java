package org.stoneware.console;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.SessionAdmin;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.EffectiveConfiguration;
import org.stoneware.api.config.ManagementAccess;

/**
 * What the doors show and whom they ask.
 *
 * @param sessions gives null while nobody can look at sessions.
 */
record ConsoleServices(
        ManagementService management,
        Supplier<@Nullable SessionAdmin> sessions,
        ArraySettings settings,
        EffectiveConfiguration effective,
        ManagementAccess access) {}

package org.stoneware.api.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The whole effective configuration, validated; registered as an OSGi service by {@code config}.
 *
 * @param source              where it came from: a path, or {@code built-in default}.
 * @param text                the file's text, for {@code /config}.
 * @param selfPosition        place of this server in {@link #servers()}.
 * @param servers             every server in file order.
 * @param isProduction        {@code configuration-model} is production.
 * @param reconnectWindowSec  how long the identity of a silent Tomcat is kept.
 * @param sweepEnabled        garbage-collection/enabled: a periodic sweep runs.
 * @param sweepVerbose        garbage-collection/verbose.
 * @param sweepIntervalSec    garbage-collection/interval.
 * @param electionTimeSec     longest wait of an election.
 * @param failoverPriority    {@code availability} or {@code consistency}.
 * @param voterCount          external voters with consistency, else 0.
 * @param hasClientVoters     Tomcats vote.
 * @param uncleanPromotion    {@code after-election-time}, {@code operator} or {@code never}.
 * @param clientLogs          {@code clients/logs} as written, to be expanded in each Tomcat; empty when the file has none.
 * @param properties          tc-properties.
 */
public record ArraySettings(
        String source,
        String text,
        int selfPosition,
        List<ServerSettings> servers,
        boolean isProduction,
        int reconnectWindowSec,
        boolean sweepEnabled,
        boolean sweepVerbose,
        int sweepIntervalSec,
        int electionTimeSec,
        String failoverPriority,
        int voterCount,
        boolean hasClientVoters,
        String uncleanPromotion,
        String clientLogs,
        Map<String, String> properties) {
    /**
     * The tc-property that names the file of the array's key. {@link #properties()} hold the absolute path of the file in use under it, also
     * when the configuration leaves it to the default, and nothing when there is no key.
     */
    public static final String ARRAY_KEY = "stoneware.array-key";

    /** As {@link #ARRAY_KEY}, for the file of passwords of this server's management; absent when it has no accounts. */
    public static final String PASSWORD_FILE = "stoneware.management.password-file";

    /** As {@link #PASSWORD_FILE}, for the file of rights. */
    public static final String ACCESS_FILE = "stoneware.management.access-file";

    public ArraySettings {
        servers = List.copyOf(servers);
        properties = Map.copyOf(properties);
    }

    /** Settings with the default of {@code uncleanPromotion} for the store: what outlives the process is worth an operator's look. */
    public ArraySettings(
            String source,
            String text,
            int selfPosition,
            List<ServerSettings> servers,
            boolean isProduction,
            int reconnectWindowSec,
            boolean sweepEnabled,
            boolean sweepVerbose,
            int sweepIntervalSec,
            int electionTimeSec,
            String failoverPriority,
            int voterCount,
            boolean hasClientVoters,
            String clientLogs,
            Map<String, String> properties) {
        this(
                source,
                text,
                selfPosition,
                servers,
                isProduction,
                reconnectWindowSec,
                sweepEnabled,
                sweepVerbose,
                sweepIntervalSec,
                electionTimeSec,
                failoverPriority,
                voterCount,
                hasClientVoters,
                defaultUncleanPromotion(servers.get(selfPosition).persistenceMode()),
                clientLogs,
                properties);
    }

    /** What an array with this persistence mode does when its file does not say. */
    public static String defaultUncleanPromotion(String persistenceMode) {
        return persistenceMode.equals("permanent-store") ? "operator" : "after-election-time";
    }

    public ServerSettings self() {
        return servers.get(selfPosition);
    }

    /** File of the passwords that {@code <authentication>} of this server names; null when it names none. */
    public @Nullable Path passwordFile() {
        return path(PASSWORD_FILE);
    }

    /** File of the rights that {@code <authentication>} of this server names; null when it names none. */
    public @Nullable Path accessFile() {
        return path(ACCESS_FILE);
    }

    private @Nullable Path path(String property) {
        String file = properties.get(property);
        return file == null ? null : Path.of(file);
    }

    /** File of the key by which servers and Tomcats prove that they belong to the array; null when they prove nothing. */
    public @Nullable Path arrayKey() {
        return path(ARRAY_KEY);
    }
}

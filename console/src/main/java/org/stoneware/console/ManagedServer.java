package org.stoneware.console;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ClientStatus;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.ManagementService.AppointOutcome;
import org.stoneware.api.cluster.ManagementService.HandOverOutcome;
import org.stoneware.api.cluster.ManagementService.StopOutcome;
import org.stoneware.api.cluster.MemberState;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ManagementAccess.Account;

/** {@link ServerMXBean} as a view of the management service; control characters of hostile origin become spaces. */
final class ManagedServer implements ServerMXBean {
    private final ManagementService management;
    private final @Nullable StopToken token;

    /** @param token of this start; null when it could not be written, then nobody may stop the server here. */
    ManagedServer(ManagementService management, @Nullable StopToken token) {
        this.management = management;
        this.token = token;
    }

    @Override
    public String getName() {
        return management.status().self();
    }

    @Override
    public String getRole() {
        return self().role().stateName();
    }

    @Override
    public String getDetail() {
        return printable(self().detail());
    }

    @Override
    public long getEpoch() {
        return self().epoch();
    }

    @Override
    public boolean isInSync() {
        return self().isInSync();
    }

    @Override
    public boolean isReady() {
        return Readiness.of(management.status()).isReady();
    }

    @Override
    public String getReadiness() {
        return printable(Readiness.of(management.status()).line());
    }

    @Override
    public String[] getProblems() {
        return management.status().problems().stream()
                .map(ManagedServer::printable)
                .toArray(String[]::new);
    }

    @Override
    public String[] getStates() {
        return self().facts().states().stream().map(MemberState::externalName).toArray(String[]::new);
    }

    @Override
    public long getRoleSinceMs() {
        return self().sinceMs();
    }

    @Override
    public long getUptimeMs() {
        return management.status().uptimeMs();
    }

    @Override
    public String getVersion() {
        return management.status().version();
    }

    @Override
    public String getStorageMode() {
        return management.status().storage().mode();
    }

    @Override
    public long getSessions() {
        return management.status().storage().sessions();
    }

    @Override
    public long getPayloadBytes() {
        return management.status().storage().payloadBytes();
    }

    @Override
    public long getMemoryUsedBytes() {
        return management.status().storage().memoryUsedBytes();
    }

    @Override
    public long getMemoryMaxBytes() {
        return management.status().storage().memoryMaxBytes();
    }

    @Override
    public int getConnectedTomcats() {
        return (int) management.status().clients().stream()
                .filter(ClientStatus::isConnected)
                .count();
    }

    @Override
    public Map<String, String> getRoles() {
        Map<String, String> roles = new LinkedHashMap<>();
        for (MemberStatus server : management.status().servers()) {
            roles.put(server.name(), (server.isReachable() ? server.role() : ServerRole.STOPPED).stateName());
        }
        return roles;
    }

    @Override
    public Map<String, Long> getCounters() {
        Map<String, Long> counters = new TreeMap<>();
        for (ClusterStatus.Counter counter : management.status().counters()) {
            counters.put(counter.name(), counter.value());
        }
        return counters;
    }

    @Override
    public String[] getEvents() {
        return management.events().stream()
                .map(event -> printable(Instant.ofEpochMilli(event.timeMs()) + " " + event.type() + " " + event.text()))
                .toArray(String[]::new);
    }

    @Override
    public String stop(String candidate, boolean force) {
        requireRight("stop", candidate);
        StopOutcome outcome = management.stop(force, by());
        if (!outcome.isAccepted()) {
            throw new IllegalStateException("stop refused: " + outcome.reason());
        }
        return outcome.reason();
    }

    @Override
    public String handOver(String candidate) {
        requireRight("hand-over", candidate);
        HandOverOutcome outcome = management.handOver(by());
        if (!outcome.isAccepted()) {
            throw new IllegalStateException("hand-over refused: " + outcome.reason());
        }
        return outcome.reason();
    }

    @Override
    public String appoint(String candidate, boolean force) {
        requireRight("appoint", candidate);
        AppointOutcome outcome = management.appoint(getName(), force, by());
        if (!outcome.isAccepted()) {
            throw new IllegalStateException("not made active: " + outcome.reason());
        }
        return outcome.reason();
    }

    private static String by() {
        Account account = JmxDoor.caller();
        return account == null ? "jmx-port" : "jmx-port, user " + account.user();
    }

    private void requireRight(String action, @Nullable String candidate) {
        Account account = JmxDoor.caller();
        if (account != null && account.mayChange()) {
            return;
        }
        if (token == null || candidate == null || !token.matches(candidate.trim())) {
            throw new SecurityException(action + " refused: the token is missing or wrong; it is the content of "
                    + StopToken.FILE_NAME + " in the server's data directory, or log in as a user with readwrite");
        }
    }

    private MemberStatus self() {
        return SelfView.of(management.status());
    }

    private static String printable(String text) {
        return text.replaceAll("\\p{C}", " ");
    }
}

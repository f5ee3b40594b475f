package org.stoneware.api.cluster;

/**
 * One configured server as the answering server sees it.
 *
 * @param name           name in the configuration.
 * @param host           host in the configuration.
 * @param clientPort     port for Tomcats (dso-port).
 * @param jmxPort        port for JMX.
 * @param groupPort      port for other servers (l2-group-port).
 * @param managementPort port for HTTP.
 * @param role           its role; {@link ServerRole#STOPPED} when unreachable.
 * @param detail         sub-state or reason, for people; may be empty.
 * @param epoch          epoch it is in; 0 when unknown.
 * @param isInSync       true when it holds everything the active has acknowledged (the active itself does).
 * @param isReachable    true when it answered lately; true for the answering server.
 * @param sinceMs        wall time of its last role change as this server saw it, of its last sign of life when it can't be reached, ms;
 *                       0 when unknown.
 * @param facts          what else is known of it.
 */
public record MemberStatus(
        String name,
        String host,
        int clientPort,
        int jmxPort,
        int groupPort,
        int managementPort,
        ServerRole role,
        String detail,
        long epoch,
        boolean isInSync,
        boolean isReachable,
        long sinceMs,
        MemberFacts facts) {
    /** A server of which no more is known. */
    public MemberStatus(
            String name,
            String host,
            int clientPort,
            int jmxPort,
            int groupPort,
            int managementPort,
            ServerRole role,
            String detail,
            long epoch,
            boolean isInSync,
            boolean isReachable,
            long sinceMs) {
        this(
                name,
                host,
                clientPort,
                jmxPort,
                groupPort,
                managementPort,
                role,
                detail,
                epoch,
                isInSync,
                isReachable,
                sinceMs,
                MemberFacts.NONE);
    }
}

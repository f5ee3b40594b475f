package org.stoneware.api.cluster;

import java.util.List;

/**
 * One Tomcat registered at the active.
 *
 * @param name         name it gave itself, for people.
 * @param clientId     its identity, hexadecimal.
 * @param address      where it connected from.
 * @param version      Stoneware version of its valve.
 * @param applications applications it serves.
 * @param ownedSessions sessions it may write now.
 * @param isConnected  false while its identity is only kept for the reconnect window.
 */
public record ClientStatus(
        String name,
        String clientId,
        String address,
        String version,
        List<String> applications,
        long ownedSessions,
        boolean isConnected) {
    public ClientStatus {
        applications = List.copyOf(applications);
    }
}

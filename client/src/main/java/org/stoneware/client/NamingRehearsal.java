package org.stoneware.client;

import java.util.List;
import java.util.Set;
import org.agrona.ExpandableArrayBuffer;
import org.stoneware.api.session.SessionKey;

/**
 * Goes the way from owned sessions to a registration and the names behind it, on sessions of its own that nobody else sees. It is needed for the first
 * time when the active has died and users wait; with 25,000 sessions it took 25 to 60 ms longer then than once it was compiled (ADR 0315).
 * <p>
 * <b>Threading:</b> one thread of its own, for some 100 ms at the start of a Tomcat. <b>Limits:</b> some 2 MiB, which are garbage afterwards.
 */
final class NamingRehearsal {
    static final int SESSIONS = 4_096;
    static final int ROUNDS = 4;
    private static final String NAME = "rehearsal";

    private NamingRehearsal() {}

    /** Returns how many of its sessions are owned in the end: all of them, or it has rehearsed something else. */
    static int run() {
        OwnedSessions owned = new OwnedSessions();
        CopyVersions versions = new CopyVersions();
        // Time stands still, so that no lease lapses.
        long nowNs = 0;
        owned.onRenewed(nowNs, nowNs);
        for (int i = 1; i <= SESSIONS; i++) {
            SessionKey key = SessionKey.of("/" + NAME, Integer.toHexString(i * 0x9E3779B9));
            owned.onGranted(key, i, 1, i, 0, owned.generation(), nowNs);
            owned.end(key, nowNs);
        }
        Registration registration = new Registration(new ClientAgent.Identity(0, 0, 0), owned, versions);
        ExpandableArrayBuffer out = new ExpandableArrayBuffer();
        for (int epoch = 1; epoch <= ROUNDS; epoch++) {
            registration.onServer(epoch, 1);
            registration.encode(out, NAME, NAME, Set.of(), nowNs);
            registration.onAnswer(epoch, registration.number(), List.of(), nowNs);
            for (int part = 1; registration.hasToName(); part++) {
                registration.encodeNames(out, nowNs);
                registration.onNamed(epoch, registration.number(), part, List.of(), nowNs);
            }
        }
        return owned.size();
    }
}

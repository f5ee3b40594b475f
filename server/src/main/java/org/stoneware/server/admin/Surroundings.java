package org.stoneware.server.admin;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.server.replication.Standbys;
import org.stoneware.server.request.SessionControl;
import org.stoneware.server.role.SessionGeneration;

/** What a question looks at, as it is when it is asked. <b>Threading:</b> the agent thread. */
public interface Surroundings {
    /** Names of all servers, by member id. */
    List<String> memberNames();

    int selfId();

    ServerRole role();

    /** Name of the active; empty when none is known. */
    String active();

    /** The copy held here; another object once it is replaced. */
    SessionGeneration current();

    /** What the active can do with sessions, another object in each epoch; null unless this server is active. */
    @Nullable
    SessionControl control();

    /** The standbys; null unless this server is active and has others. */
    @Nullable
    Standbys standbys();

    long wallMs();

    /** Log time as this server knows it: on a passive, what it followed last and the time since. */
    long logTimeMs(long nowNs);

    /** Notes something an operator did. */
    void note(String type, String text);

    default String self() {
        return memberNames().get(selfId());
    }
}

package org.stoneware.server.agent;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.server.admin.Surroundings;
import org.stoneware.server.replication.Standbys;
import org.stoneware.server.request.SessionControl;
import org.stoneware.server.request.SessionRequestProcessor;
import org.stoneware.server.role.RoleDuties;
import org.stoneware.server.role.SessionGeneration;
import org.stoneware.spi.election.Election;

/** What questions about sessions look at, in this agent. <b>Threading:</b> the agent thread. */
final class AdminSurroundings implements Surroundings {
    private final ServerContext context;
    private final RoleDuties duties;
    private final Election election;
    private final EventLog events;
    private final List<String> memberNames;

    AdminSurroundings(ServerContext context, RoleDuties duties, Election election, EventLog events) {
        this.context = context;
        this.duties = duties;
        this.election = election;
        this.events = events;
        this.memberNames =
                context.settings().servers().stream().map(ServerSettings::name).toList();
    }

    @Override
    public List<String> memberNames() {
        return memberNames;
    }

    @Override
    public int selfId() {
        return context.settings().selfPosition();
    }

    @Override
    public ServerRole role() {
        return election.view().role();
    }

    @Override
    public String active() {
        int activeId = election.view().activeId();
        return activeId >= 0 && activeId < memberNames.size() ? memberNames.get(activeId) : "";
    }

    @Override
    public SessionGeneration current() {
        return duties.current();
    }

    @Override
    public @Nullable SessionControl control() {
        SessionRequestProcessor serving = duties.processor();
        return serving == null ? null : serving.control();
    }

    @Override
    public @Nullable Standbys standbys() {
        return duties.standbys();
    }

    @Override
    public long wallMs() {
        return context.wallClock().getAsLong();
    }

    @Override
    public long logTimeMs(long nowNs) {
        return duties.logTimeMs(nowNs);
    }

    @Override
    public void note(String type, String text) {
        events.info(type, text);
    }
}

package org.stoneware.server.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.SessionAdmin.AttributeDetails;
import org.stoneware.api.cluster.SessionAdmin.CopyDetails;
import org.stoneware.api.cluster.SessionAdmin.SessionDetails;
import org.stoneware.api.cluster.SessionAdmin.SessionLook;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.replication.Standbys;
import org.stoneware.server.request.SessionControl;
import org.stoneware.server.role.SessionGeneration;
import org.stoneware.server.session.ClientId;
import org.stoneware.spi.storage.LoadResult;

/** Looks at one session, once the store has it in memory. */
final class ShowQuestion extends Question<SessionLook> {
    private final Surroundings surroundings;
    private final SessionKey asked;
    private final StoreAttempts attempts = new StoreAttempts();
    private final SessionRecord view = new SessionRecord();

    ShowQuestion(Surroundings surroundings, SessionKey asked, CompletableFuture<SessionLook> answer) {
        super(answer);
        this.surroundings = surroundings;
        this.asked = asked;
    }

    @Override
    int work(int budget, long nowNs) {
        if (!attempts.isDue(nowNs)) {
            return 0;
        }
        SessionGeneration generation = surroundings.current();
        SessionKey key = generation.state().resolve(asked, surroundings.wallMs());
        LoadResult loaded = attempts.load(generation.store(), key, nowNs);
        if (loaded == LoadResult.LOADING || loaded == LoadResult.BUSY) {
            return 0;
        }
        boolean isHere = loaded == LoadResult.RESIDENT && generation.store().read(key, view);
        @Nullable SessionDetails details = isHere ? details(generation, key) : null;
        answer().complete(new SessionLook(surroundings.self(), surroundings.role(), surroundings.active(), details));
        return 1;
    }

    private SessionDetails details(SessionGeneration generation, SessionKey key) {
        @Nullable SessionControl control = surroundings.control();
        List<AttributeDetails> attributes = new ArrayList<>();
        view.forEach((kind, name, removed, buffer, valueOffset, valueLength) -> attributes.add(new AttributeDetails(
                name, kind == AttributeKind.CONTAINER, valueLength, ValueClass.of(buffer, valueOffset, valueLength))));
        @Nullable ClientId writer = generation.state().writerOf(key);
        String writerName = writer == null ? "" : control == null ? writer.toString() : control.name(writer);
        return new SessionDetails(
                Summaries.of(key, view),
                view.lastEpoch(),
                control == null || control.isCommitted(key),
                control == null ? "" : control.owner(key),
                writerName,
                attributes,
                copies(generation.state().lastApplied()));
    }

    private List<CopyDetails> copies(long lastApplied) {
        @Nullable Standbys standbys = surroundings.standbys();
        List<CopyDetails> copies = new ArrayList<>();
        if (standbys == null) {
            return copies;
        }
        for (int id = 0; id < surroundings.memberNames().size(); id++) {
            if (id != surroundings.selfId()) {
                boolean isInSync = standbys.isInSync(id);
                long held = isInSync ? standbys.acknowledged(id) : 0;
                copies.add(new CopyDetails(
                        surroundings.memberNames().get(id),
                        isInSync,
                        held >= view.version(),
                        isInSync ? Math.max(0, lastApplied - held) : CopyDetails.UNKNOWN_LAG));
            }
        }
        return copies;
    }
}

package org.stoneware.client;

import java.util.Set;
import org.stoneware.api.session.SessionKey;
import org.stoneware.simulation.PlantedBug;
import org.stoneware.simulation.RequestHistory;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.SessionProtocol;
import org.stoneware.wire.session.WriteStatus;

/** A Tomcat with one browser and one session, which does what it is told, one step at a time. */
public final class ExploredTomcat extends TomcatProtocol {
    private static final int OWNER_WAIT_MS = 60_000;

    private final SessionKey key;
    private final Watch watch;
    private final RequestHistory history;
    private Step step = Step.IDLE;
    private PendingRequest request;
    private RequestHistory.Request reading;
    private RequestHistory.Request changing;
    private long version;
    private long counter;
    private long written;
    private long seenAtLeast;

    /** Where the browser is. */
    private enum Step {
        IDLE,
        OPENING,
        WORKING,
        COMMITTING
    }

    /** What a browser may rely on. */
    public interface Watch {
        /** Highest value anybody was told is held. */
        long acknowledged();

        /** A request has seen a value. */
        void onRead(long value, long atLeast);

        /** A value is said to be held; {@code isFirst} for the one a session begins with. */
        void onAcknowledged(long value, boolean isFirst);

        void onRefused(WriteStatus status);
    }

    public ExploredTomcat(
            long id, SessionKey key, Watch watch, RequestHistory history, PlantedBug bug, boolean isNamedBehind) {
        super(id, bug, isNamedBehind);
        this.key = key;
        this.watch = watch;
        this.history = history;
    }

    public boolean mayBegin() {
        return step == Step.IDLE && version != 0;
    }

    public boolean mayCommit() {
        return step == Step.WORKING;
    }

    /** Makes this Tomcat know that the session exists, as a browser's cookie does. */
    public void hearOfSession() {
        version = Math.max(version, 1);
    }

    /** Creates the session and writes its first value. */
    public void create(long now) {
        nowNs = now;
        owned.create(key);
        step = Step.WORKING;
        commit(now);
    }

    /** @param isFresh whether the Tomcat has dropped its copy, so that it must ask even for what it owns. */
    public void begin(boolean isFresh, long now) {
        nowNs = now;
        seenAtLeast = watch.acknowledged();
        reading = history.read(key, id);
        long known = isFresh || counter == 0 ? 0 : version;
        if (known != 0 && tryOpen(key, known)) {
            opened();
            return;
        }
        int length = requests.getOwn(out, 0, 0, known, OWNER_WAIT_MS, key);
        request = new PendingRequest(key, bytes(length), true, 0);
        step = Step.OPENING;
        exchange.send(request);
    }

    /** Writes the next value as the last thing of the request. */
    public void commit(long now) {
        nowNs = now;
        OwnedEntry entry = owned.entry(key);
        if (entry == null || entry.fencedUses > 0 || entry.isReleased) {
            end(now);
            return;
        }
        int flags = entry.isNew ? SessionProtocol.WRITE_CREATE : 0;
        if (owned.releasesWithWrite(entry, true)) {
            flags |= SessionProtocol.WRITE_RELEASE;
            owned.beginRelease(entry);
        }
        written = counter + 1;
        request = new PendingRequest(key, bytes(encodeWrite(entry, flags, key, written)), false, entry.token);
        step = Step.COMMITTING;
        changing = history.change(key, id, counter);
        exchange.send(request);
    }

    /** Ends a request without a change. */
    public void end(long now) {
        nowNs = now;
        boolean isGivenUp = step == Step.COMMITTING && request.isReleased;
        OwnedSession freed =
                owned.end(key, nowNs, isGivenUp ? OwnedSessions.Ending.GIVEN_UP : OwnedSessions.Ending.WHOLE);
        if (freed != null) {
            owned.takeTouch(key);
            exchange.release(key, freed.token(), freed.grant(), null, nowNs);
        }
        request = null;
        step = Step.IDLE;
    }

    /** A tenth of a second has passed. */
    public void tick(long now) {
        nowNs = now;
        if (isRegistered()) {
            renew();
        }
    }

    @Override
    public void receive(byte[] message, long now) {
        super.receive(message, now);
        if (request == null || !request.isDone()) {
            return;
        }
        if (step == Step.OPENING) {
            boolean isGranted = request.ownStatus == OwnStatus.LOADED || request.ownStatus == OwnStatus.CURRENT;
            if (request.ownStatus == OwnStatus.LOADED && request.answerVersion > version) {
                version = request.answerVersion;
                counter = counterOf(request.record);
            }
            if (isGranted) {
                opened();
            } else {
                if (request.ownStatus == OwnStatus.ABSENT) {
                    reading.answered(0);
                }
                request = null;
                step = Step.IDLE;
            }
        } else if (step == Step.COMMITTING) {
            onAnswer();
        }
    }

    private void opened() {
        reading.answered(counter);
        watch.onRead(counter, seenAtLeast);
        step = Step.WORKING;
    }

    private void onAnswer() {
        if (request.writeStatus == WriteStatus.COMMITTED) {
            version = request.answerVersion;
            counter = written;
            changing.answered(written);
            watch.onAcknowledged(written, written == 1);
        } else {
            changing.refused();
            watch.onRefused(request.writeStatus);
        }
        end(nowNs);
    }

    /** Number of the last change acknowledged here; 0 for none. */
    public long counter() {
        return counter;
    }

    @Override
    Set<SessionKey> known() {
        return Set.of(key);
    }

    @Override
    SessionKey askedFor(long requestId) {
        return request != null && request.id == requestId ? key : null;
    }
}

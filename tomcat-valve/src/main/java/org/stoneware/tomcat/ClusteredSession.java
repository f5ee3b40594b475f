package org.stoneware.tomcat;

import java.io.Serializable;
import java.security.Principal;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.catalina.session.StandardSession;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.client.Committed;
import org.stoneware.client.Opened;
import org.stoneware.client.SessionClient;

/**
 * This Tomcat's copy of a session the array holds.
 * <p>
 * The copy is used by any number of requests of this Tomcat at a time, as in plain Catalina; while at least one does, the array
 * lets no other Tomcat change the session. It never ends by itself: the array says when a session has expired.
 * <p>
 * <b>Threading:</b> callable from any thread. What concerns the array (version, loading, handing over, removal) happens one at a time
 * under {@link #arrayLock}. Code of the application never runs under that lock: a request may want it while it holds a monitor of the
 * application. So values are serialized before, in turn as a rule; see {@link CommitTurns}.
 */
final class ClusteredSession extends StandardSession {
    /** Instead of an age: another use is likely to follow at once, see {@link SessionClient#rest}. */
    static final long RESTS = -1;
    /** Instead of an age: others may have used the session since, see {@link SessionClient#endGivenUp}. */
    static final long GIVEN_UP = -2;

    private static final long serialVersionUID = 1L;

    private final transient SessionManager sessions;
    private final transient SessionContent content;
    private final transient SharedLogin login;
    private final transient Object arrayLock = new Object();
    private final transient CommitTurns turns = new CommitTurns();

    private transient volatile @Nullable SessionKey key;
    private transient volatile long version = SessionClient.NO_VERSION;
    /** The array does not hold what this copy says; whoever still has it can change nothing. */
    private transient volatile boolean isLost;

    /** Commits under way. */
    private final transient AtomicInteger committing = new AtomicInteger();
    /** Changes of this copy did not reach the array. Whose they were is not known, so no request may succeed. */
    private transient volatile boolean hasLostChanges;

    private transient volatile boolean isRemoved;
    /** Left out of the manager's copies while nobody used it: no use begins here unless it comes back. Guarded by arrayLock. */
    private transient boolean isDropped;

    private transient boolean isBehind;
    /** Those counted by the array through this copy. */
    private final transient CopyUses uses = new CopyUses(arrayLock);

    ClusteredSession(SessionManager manager) {
        super(manager);
        sessions = manager;
        content = new SessionContent(this, manager);
        login = new SharedLogin(content.container());
        attributes = content.application();
    }

    // ---- what the content asks

    boolean isShared(String name, Object value) {
        return !exclude(name, value);
    }

    int intervalSec() {
        return maxInactiveInterval;
    }

    // ---- what the manager does with a copy

    SessionManager sessions() {
        return sessions;
    }

    SessionKey key() {
        return Objects.requireNonNull(key, "session without id");
    }

    long version() {
        return version;
    }

    boolean isStored() {
        return version != SessionClient.NO_VERSION;
    }

    SessionContent content() {
        return content;
    }

    CopyUses uses() {
        return uses;
    }

    /** True while somebody has it who can change it: no use whose last commit gave it up is meant. */
    boolean isUsed() {
        return uses.isAnyOpen();
    }

    /**
     * Takes this copy out of the manager's copies and gives the session back, unless somebody uses it. Does not wait for a commit that is under way.
     * <p>
     * One step with the look at the uses: a request whose {@code open} is under way must not go on with a copy that is no longer the
     * one the next request finds.
     *
     * @return true when it was taken out by this call.
     */
    boolean drop() {
        if (uses.isAny() || committing.get() > 0) {
            return false;
        }
        synchronized (arrayLock) {
            // Not while a request that was granted the session is on its way to this copy.
            if (uses.isAny() || isDropped || !sessions.giveBack(key())) {
                return false;
            }
            isDropped = true;
            return sessions.forget(this);
        }
    }

    /**
     * Makes a copy that was dropped, and that somebody still has in hands, this Tomcat's copy again. Others are left as they are.
     *
     * @return false when there is another copy by now.
     */
    boolean comeBack() {
        synchronized (arrayLock) {
            if (isDropped && !isBehind && !isLost && !isRemoved) {
                isDropped = !sessions.keepAgain(this);
            }
            return !isDropped;
        }
    }

    /**
     * Others have changed the session since this copy was dropped, and it has not taken that in: whoever has it in hands may change it
     * further, attribute by attribute, but it never is this Tomcat's copy again, whatever version its own changes bring it to.
     */
    void fallBehind() {
        synchronized (arrayLock) {
            isBehind = true;
        }
    }

    /** Begins one use the array has granted to somebody who has this copy in hands; false when it must not be used any more. */
    boolean useAgain(Opened opened) {
        SessionRecord record = opened.record();
        synchronized (arrayLock) {
            boolean isRenamed = record != null && !record.key().equals(key());
            return !isRenamed
                    && comeBack()
                    && (record == null ? beginUse(opened) : refresh(record, opened.logTimeMs()));
        }
    }

    /**
     * Takes in what others have made of the session, beneath what somebody who has this copy in hands has changed and is about to commit. A
     * copy that was lost counts again from then on, without what the array did not take of it: whoever changed that was told.
     *
     * @param change the change about to be committed; null when it is another.
     * @return false when this copy can't be this Tomcat's.
     */
    boolean takeIn(SessionRecord record, long logTimeMs, @Nullable AttributeChange change) {
        synchronized (arrayLock) {
            if (uses.isAnyOpen() || isRemoved || !record.key().equals(key()) || !sessions.keepAgain(this)) {
                return false;
            }
            if (isLost()) {
                content.dropChanges(change);
                isLost = false;
                hasLostChanges = false;
            }
            isDropped = false;
            isBehind = false;
            load(record, logTimeMs);
            return true;
        }
    }

    /** A session that begins here, under an id nobody has. Its one use is counted. */
    void begin(SessionKey key) {
        synchronized (arrayLock) {
            this.key = key;
            content.intervalChanged();
            uses.begin();
        }
    }

    /** Counts one use the array has granted because this copy is current, and takes in when others have read the session. */
    boolean beginUse(Opened current) {
        synchronized (arrayLock) {
            if (current.lastAccessedTimeMs() != Opened.NOT_TOLD) {
                accessed(current.lastAccessedTimeMs(), current.logTimeMs());
            }
            return beginUse();
        }
    }

    /** Counts one use the array has granted; false when this copy must not be used any more. */
    boolean beginUse() {
        synchronized (arrayLock) {
            if (isLost || isRemoved || isDropped) {
                return false;
            }
            uses.begin();
            return true;
        }
    }

    /** Ends one use that is no request's, or has changed nothing; see {@link DetachedUses#endUse}. */
    void endUse(long ageMs) {
        sessions.detached().endUse(this, ageMs, null);
    }

    /**
     * Ends one use, here and in the array; see {@link CopyUses#end}.
     *
     * @return false when it is the last one and the array does not hold everything, unless it is to end all the same.
     */
    boolean endUse(long ageMs, @Nullable RequestScope user, boolean isInAnyCase) {
        synchronized (arrayLock) {
            if (uses.isLast(user) && !isInAnyCase && isStored() && !hasLostChanges && isDirty()) {
                return false;
            }
            boolean isGivenUp = uses.end(user) || isRemoved && isStored();
            if (!uses.isAny()) {
                content.application().noneExposed();
            }
            // Inside the lock, which a rename holds: the key must not change on the way.
            sessions.end(key(), isGivenUp ? GIVEN_UP : ageMs);
            return true;
        }
    }

    /**
     * Takes in a session the array has just granted, and counts the use, unless this copy is as new.
     *
     * @return false when this copy is older and in use, or lost, or dropped: a new copy is needed.
     */
    boolean refresh(SessionRecord record, long logTimeMs) {
        synchronized (arrayLock) {
            if (isLost || isRemoved || isDropped) {
                return false;
            }
            if (record.version() == version) {
                accessed(record.lastAccessedTimeMs(), logTimeMs);
            } else if (record.version() > version) {
                if (uses.isAnyOpen()) {
                    // Somebody else changed it, so this Tomcat had lost it; requests that began before must fail.
                    isLost = true;
                    return false;
                }
                load(record, logTimeMs);
            }
            return beginUse();
        }
    }

    /** Takes in that others have used the session without changing it. */
    private void accessed(long lastAccessedTimeMs, long logTimeMs) {
        long accessedMs = SessionEndings.accessTimeMs(lastAccessedTimeMs, logTimeMs);
        if (!uses.isAnyOpen() && accessedMs > thisAccessedTime) {
            lastAccessedTime = accessedMs;
            thisAccessedTime = accessedMs;
        }
    }

    // Ages, not times: the clocks of the machines may differ. What a thread of the application has changed and is about
    // to commit stays, on top of what others made of the session.
    private void load(SessionRecord record, long logTimeMs) {
        turns.overtake();
        long nowMs = System.currentTimeMillis();
        key = record.key();
        id = record.key().id();
        creationTime = nowMs - (logTimeMs - record.creationTimeMs());
        lastAccessedTime = SessionEndings.accessTimeMs(record.lastAccessedTimeMs(), logTimeMs);
        thisAccessedTime = lastAccessedTime;
        if (!content.isIntervalChanged()) {
            maxInactiveInterval = record.maxInactiveIntervalSec();
        }
        version = record.version();
        isNew = false;
        principal = null;
        authType = null;
        notes.keySet().removeAll(SharedLogin.NOTES);
        content.load(record);
        isValid = true;
    }

    /**
     * True when the array may not hold everything changed so far, but for what was changed in place. Takes no lock: a change is
     * forgotten only when the array holds it, or when {@code hasLostChanges} says that it does not.
     */
    boolean isDirty() {
        return isValid && !isRemoved && (!isStored() || content.hasChanges() || hasLostChanges);
    }

    /**
     * Hands the changes the array does not hold yet to it and waits until it holds them.
     *
     * @param lastOf the request that will change nothing more, so that the session may pass on with this commit; null when it is not
     *               the last one of a request.
     * @return null when there was nothing to hand over.
     */
    @Nullable
    Committed commit(boolean lookInside, @Nullable RequestScope lastOf) {
        return commit(0, lookInside, lastOf);
    }

    /**
     * As {@link #commit}, for a copy nobody here uses: its changes go on top of a version it need not have taken in.
     *
     * @param newest version of the session the array has just granted.
     */
    @Nullable
    Committed commitOnTop(long newest) {
        return commit(newest, false, null);
    }

    /** @param granted version the changes go on top of when this copy has an older one: another thread may have committed since. */
    private @Nullable Committed commit(long granted, boolean lookInside, @Nullable RequestScope lastOf) {
        if (!isValid || isRemoved) {
            return null;
        }
        if (hasLostChanges) {
            return lostCopy();
        }
        DeltaBuffers.Buffer buffer = sessions.buffers().take();
        committing.incrementAndGet();
        try {
            return turns.commit(
                    arrayLock,
                    () -> content.collect(buffer, lookInside && sessions.detectsMutation()),
                    changes -> handOver(buffer, changes, granted, lastOf));
        } catch (RuntimeException | Error e) {
            // Whatever it was, the array may hold changes this copy does not know of, so nothing less will do.
            synchronized (arrayLock) {
                hasLostChanges = true;
                lose();
            }
            sessions.reports().notCommitted(key(), e);
            return new Committed(Committed.Status.UNAVAILABLE, version, "changes can't be written: " + e);
        } finally {
            committing.decrementAndGet();
            sessions.buffers().giveBack(buffer);
        }
    }

    boolean hasLostChanges() {
        return hasLostChanges;
    }

    /** The array does not hold what this copy says, or has another version of it. */
    boolean isLost() {
        return isLost || hasLostChanges;
    }

    /** Makes what the array does not hold yet a change of another copy: one attribute and the interval, or everything that is not lost. */
    void passOn(ClusteredSession other, @Nullable AttributeChange only) {
        content.passOn(other.content, change -> only == null ? !isLost() : change == only);
    }

    /** Outcome of a change of a copy that is lost. */
    Committed lostCopy() {
        return new Committed(Committed.Status.FENCED, version, "this copy of the session is not the array's any more");
    }

    private @Nullable Committed handOver(
            DeltaBuffers.Buffer buffer, SessionContent.Collected changes, long granted, @Nullable RequestScope lastOf) {
        if (!isValid || isRemoved || isStored() && buffer.builder.isEmpty() && !hasLostChanges) {
            return null;
        }
        if (lastOf != null && uses.isReleased(lastOf)) {
            // It could only give up what others were granted since. What it changes is committed as its use ends.
            return null;
        }
        if (isLost()) {
            hasLostChanges = true;
            return lostCopy();
        }
        int length = buffer.builder.finish();
        buffer.valuesWritten();
        turns.overtake();
        long base = Math.max(granted, version);
        // Not the last when a thread of the application has relied on this request for a change that is not among
        // these, nor when the use has ended meanwhile.
        boolean isLast = lastOf != null && !lastOf.isFinished() && content.isAll(changes);
        Committed outcome = sessions.client().commit(key(), base, buffer.delta, 0, length, isLast);
        if (outcome.isCommitted()) {
            version = outcome.version();
            content.held(changes);
            if (outcome.isReleased() && lastOf != null) {
                uses.released(lastOf);
            }
        } else {
            // Nobody knows what the array holds now; the next request asks it.
            hasLostChanges = true;
            lose();
        }
        return outcome;
    }

    /** Gives this copy up: the next request of this Tomcat loads the session anew. */
    void lose() {
        isLost = true;
        sessions.forget(this);
    }

    boolean isRemoved() {
        return isRemoved;
    }

    /** The array does not hold the session any more, or never did. */
    void removed() {
        synchronized (arrayLock) {
            isRemoved = true;
        }
    }

    /** Takes the session away from the array. */
    Committed removeFromArray() {
        synchronized (arrayLock) {
            isRemoved = true;
            return sessions.client().remove(key());
        }
    }

    /** Gives the session a new id in the array, then here. */
    Committed rename(SessionKey to) {
        Committed stored = isStored() ? null : commit(false, null);
        if (stored != null && !stored.isCommitted()) {
            return stored;
        }
        synchronized (arrayLock) {
            String from = key().id();
            // Before the array knows it: a request that comes with the new id must find this copy, and wait for it.
            sessions.keepEarly(to.id(), this);
            Committed renamed = sessions.client().rename(key(), to);
            if (renamed.isCommitted()) {
                version = Math.max(version, renamed.version());
                key = to;
                id = to.id();
                sessions.keepAs(from, this);
            } else {
                sessions.forget(to.id(), this);
                lose();
            }
            return renamed;
        }
    }

    /**
     * Something of the content has changed: commits it at once, unless a request that uses the session will.
     *
     * @param change of an attribute; null for another one.
     */
    void changed(@Nullable AttributeChange change) {
        if (!isValid || expiring || isRemoved || key == null) {
            return;
        }
        RequestScope scope = RequestScope.current();
        if (scope != null && scope.holds(this)) {
            return;
        }
        synchronized (arrayLock) {
            // A request that has the session, but not on this thread (asynchronous work), commits before its next byte,
            // or before its use ends; not when it has given the session up, or lost it.
            if (scope == null && uses.isAnyOpen() && !uses.hasDetached() && !isLost()) {
                return;
            }
        }
        try {
            sessions.detached().commit(this, change);
        } catch (SessionUnavailableException e) {
            throw scope == null ? e : scope.fail(e);
        }
    }

    // ---- Catalina

    @Override
    public void access() {
        super.access();
        uses.accessBegins();
        if (RequestScope.current() == null) {
            sessions.detached().begin(this);
        }
    }

    @Override
    public void endAccess() {
        super.endAccess();
        if (uses.accessEnds()) {
            sessions.detached().end(this);
        }
        RequestScope.accessEnded(this);
        // Catalina does it when it recycles the request, and nobody else ends the scope of a response never closed.
        sessions.finishAbandoned(scope -> scope.holds(this));
    }

    /** Leaves a session alone that seems idle here and has been used at another Tomcat. */
    @Override
    public void expire() {
        if (!IdleExpiry.isOngoing() || !sessions.endings().isUsedSince(this)) {
            super.expire();
        }
    }

    /** Never ends the session for lack of use: that is for the array to say. */
    @Override
    public boolean isValid() {
        return isValid;
    }

    @Override
    public void setMaxInactiveInterval(int interval) {
        boolean isChange = interval != maxInactiveInterval;
        super.setMaxInactiveInterval(interval);
        if (isChange) {
            content.intervalChanged();
            changed(null);
        }
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException also when the array can't hold an attribute of that name.
     */
    @Override
    public void setAttribute(@Nullable String name, @Nullable Object value, boolean notify) {
        String problem = name == null ? null : AttributeCodec.nameProblem(name);
        if (problem != null) {
            throw new IllegalArgumentException(problem);
        }
        super.setAttribute(name, value, notify);
    }

    @Override
    public @Nullable Principal getPrincipal() {
        if (principal == null) {
            principal = login.principal();
        }
        return super.getPrincipal();
    }

    @Override
    public void setPrincipal(@Nullable Principal principal) {
        boolean isKnown = principal != null && principal == this.principal && login.principal() != null;
        super.setPrincipal(principal);
        if (!isKnown) {
            login.principal(principal);
        }
    }

    @Override
    public @Nullable String getAuthType() {
        if (authType == null) {
            authType = login.authType();
        }
        return super.getAuthType();
    }

    @Override
    public void setAuthType(@Nullable String authType) {
        super.setAuthType(authType);
        login.authType(authType);
    }

    @Override
    public @Nullable Object getNote(String name) {
        Object note = super.getNote(name);
        return note == null ? login.note(name) : note;
    }

    @Override
    public void setNote(String name, Object value) {
        super.setNote(name, value);
        login.note(name, value);
    }

    @Override
    public void removeNote(String name) {
        super.removeNote(name);
        login.note(name, null);
    }

    @Override
    public boolean isAttributeDistributable(String name, Object value) {
        return value instanceof Serializable;
    }
}

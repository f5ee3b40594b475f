package org.stoneware.client;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.SessionProtocol;

/**
 * What this Tomcat owns, under which lease, and which sessions were accessed without being written.
 * <p>
 * The lease counts from the moment a renewal is <em>sent</em>. Once it has lapsed nothing owned before counts any more: a later renewal
 * begins a new generation and revives nothing. When the machine has slept without the monotonic clock, the lease has lapsed too, and renewals sent
 * before it count for nothing (ADR 0306).
 * <p>
 * <b>Threading:</b> every method needs the object's monitor, which callers hold ({@code synchronized (owned)}) around a whole step.
 */
final class OwnedSessions {
    private final Map<SessionKey, OwnedEntry> entries = new HashMap<>();
    private final Map<SessionKey, Long> touches = new LinkedHashMap<>();
    /** Old keys of renamed sessions, while requests that know a session by its old key use it. */
    private final Map<SessionKey, SessionKey> aliases = new HashMap<>();

    /** Generation of what is owned no more whatever the lease. */
    private static final long LOST = -1;
    /** Of a removal that has no id yet. */
    private static final long NOT_SENT = Long.MAX_VALUE;

    private final Lease lease = new Lease();
    private long generation;

    /** How a use ends. */
    enum Ending {
        /** It is likely to be the last one for a while. */
        WHOLE,
        /** The session is likely to be used here again at once: that Tomcats take turns with it is no reason to give it back. */
        RESTING,
        /** Its last write gave the session up, or removed it, some time ago. */
        GIVEN_UP
    }

    boolean isLeaseValid(long nowNs) {
        return lease.isValid(nowNs);
    }

    long generation() {
        return generation;
    }

    /** Takes notice of what both clocks of this machine show, the wall clock read first. */
    void clocks(long wallMs, long nowNs) {
        if (lease.hasSlept(wallMs, nowNs)) {
            forgetAll();
        }
    }

    /** How often the clocks have disagreed. */
    int sleeps() {
        return lease.sleeps();
    }

    /** A renewal sent at the given time was answered. */
    void onRenewed(long sentNs, long nowNs) {
        forgetIfLapsed(nowNs);
        lease.onRenewed(sentNs);
    }

    /** Forgets everything owned when the lease has lapsed; running requests keep their tokens, which the server judges. */
    void forgetIfLapsed(long nowNs) {
        if (lease.hasLapsed(nowNs)) {
            forgetAll();
        }
    }

    /** Another epoch, or no lease any more: nothing owned counts. */
    void forgetAll() {
        generation++;
        lease.end();
        entries.values().removeIf(entry -> entry.allUses() == 0);
        aliases.values().retainAll(entries.keySet());
    }

    /** Shows what is owned under the lease that holds now, and can be named in a new epoch; nothing when there is no lease. */
    void forEachNameable(long nowNs, BiConsumer<SessionKey, OwnedEntry> to) {
        forgetIfLapsed(nowNs);
        if (!isLeaseValid(nowNs)) {
            return;
        }
        entries.forEach((key, entry) -> {
            if (isNameable(entry, generation)) {
                to.accept(key, entry);
            }
        });
    }

    private static boolean isNameable(OwnedEntry entry, long under) {
        return !entry.isNew && !entry.isReleasing && !entry.isReleased && entry.generation == under;
    }

    /** What is to be said of a session that was owned under that generation of the lease; null when it is not any more. */
    @Nullable
    OwnedSession toName(SessionKey key, long under) {
        @Nullable OwnedEntry entry = entries.get(key);
        return entry != null && isNameable(entry, under) ? new OwnedSession(key, entry.token, entry.grant) : null;
    }

    /**
     * What is owned so far is not owned any more, until it is {@link #confirmed}. Running requests keep their tokens, which the server
     * judges.
     */
    long beginGeneration() {
        return ++generation;
    }

    /** A session that was owned under an earlier generation of the lease is owned under this one. */
    void confirmed(SessionKey key, long under) {
        @Nullable OwnedEntry entry = entry(key);
        if (entry != null && entry.generation == under) {
            entry.generation = generation;
        }
    }

    /** A session is not owned under this token. Running requests keep it, and the server judges it. */
    void refused(SessionKey key, long token) {
        @Nullable OwnedEntry entry = entry(key);
        if (entry == null || entry.isNew || entry.token != token) {
            return;
        }
        entry.generation = LOST;
        if (entry.allUses() == 0) {
            remove(resolve(key));
        }
    }

    /** Forgets what was owned, is not and is not in use. */
    void dropUnowned() {
        entries.values().removeIf(entry -> !entry.isNew && entry.generation != generation && entry.allUses() == 0);
        aliases.values().retainAll(entries.keySet());
    }

    /**
     * The array does not hold what this Tomcat has of some sessions: they are owned no more, and what runs may not change them.
     *
     * @param told the version a name stands for; {@link CopyVersions#NO_VERSION} for what the array does not hold.
     */
    void distrust(LongUnaryOperator told) {
        entries.entrySet().removeIf(each -> {
            OwnedEntry entry = each.getValue();
            if (entry.isNew || told.applyAsLong(entry.version) != CopyVersions.NO_VERSION) {
                return false;
            }
            entry.fencedUses += entry.uses;
            entry.uses = 0;
            entry.isReleased = true;
            entry.generation = LOST;
            return entry.allUses() == 0;
        });
        aliases.values().retainAll(entries.keySet());
    }

    /** True when a session is owned under a token, or requests that began under it still run and will give it back. */
    boolean isHeld(SessionKey key, long token) {
        @Nullable OwnedEntry entry = entry(key);
        return entry != null && entry.token == token && !entry.isReleased;
    }

    /** The key a session is known by now: the one given, unless it was renamed while in use. */
    SessionKey resolve(SessionKey key) {
        return aliases.isEmpty() ? key : aliases.getOrDefault(key, key);
    }

    private void remove(SessionKey key) {
        entries.remove(key);
        forgetAliases(key);
    }

    private void forgetAliases(SessionKey of) {
        if (!aliases.isEmpty()) {
            aliases.values().removeIf(of::equals);
        }
    }

    /**
     * Begins a use without asking the server, when the session is owned and the copy known is current.
     *
     * @param wallMs read before {@code nowNs}, and both after the request came.
     */
    boolean tryOpen(SessionKey key, long knownVersion, long wallMs, long nowNs) {
        clocks(wallMs, nowNs);
        forgetIfLapsed(nowNs);
        @Nullable OwnedEntry entry = entry(key);
        if (entry == null
                || entry.isNew
                || entry.isRecalled
                || entry.isReleased
                || entry.isEnding()
                || entry.fencedUses > 0
                || entry.generation != generation
                || !isLeaseValid(nowNs)
                || entry.version != knownVersion) {
            return false;
        }
        entry.uses++;
        return true;
    }

    /**
     * Begins one more use of a session requests of this Tomcat use already, whatever others want of it meanwhile: they wait for all
     * uses, and a use that waited for them would wait for itself. Not while a write that gives the session up is on its way: the new use
     * would end with it, and has to be granted anew.
     */
    boolean share(SessionKey key) {
        @Nullable OwnedEntry entry = entry(key);
        if (entry == null || entry.uses == 0 || entry.fencedUses > 0) {
            return false;
        }
        if (entry.isReleasing || entry.isEnding() || entry.isReleased) {
            return false;
        }
        entry.uses++;
        return true;
    }

    /**
     * Begins a session under a key nobody has.
     *
     * @return false when requests of this Tomcat use a session of that key; nothing has changed then.
     */
    boolean create(SessionKey key) {
        @Nullable OwnedEntry former = entry(key);
        int formerUses = former == null ? 0 : former.allUses();
        if (former != null && formerUses > 0 && (!former.isReleased || aliases.containsKey(key))) {
            return false;
        }
        OwnedEntry entry = new OwnedEntry();
        entry.isNew = true;
        entry.uses = 1;
        // Uses of the session that had the key before and was removed; they only have to end.
        entry.closedUses = formerUses;
        entries.put(key, entry);
        return true;
    }

    /**
     * The server has granted ownership to a request that still waits; begins its use.
     *
     * @param sentGeneration lease generation when the request was sent.
     */
    void onGranted(SessionKey key, long token, long grant, long version, int hints, long sentGeneration, long nowNs) {
        forgetIfLapsed(nowNs);
        OwnedEntry entry = entries.computeIfAbsent(resolve(key), k -> new OwnedEntry());
        if (entry.uses > 0 && entry.token != token) {
            entry.fencedUses += entry.uses;
            entry.uses = 0;
        }
        // Granted again under a token that is owned, a lease broken in between has not taken that away.
        boolean isAgain = entry.token == token;
        entry.removalId = isAgain ? entry.removalId : 0;
        // What comes while there is no lease must not be owned, or named in a new epoch, by the next one.
        long granted = isLeaseValid(nowNs) ? sentGeneration : LOST;
        entry.generation = isAgain ? Math.max(entry.generation, granted) : granted;
        entry.grant = isAgain ? Math.max(entry.grant, grant) : grant;
        entry.isNew = false;
        entry.isReleasing = false;
        entry.isReleased = false;
        entry.token = token;
        entry.version = version;
        entry.isContested = (hints & SessionProtocol.HINT_CONTESTED) != 0;
        // A grant under a lease that broke since is good for this request, whose writes the server judges, and for
        // nothing more.
        entry.isRecalled =
                (hints & SessionProtocol.HINT_RECALLED) != 0 || sentGeneration != generation || !isLeaseValid(nowNs);
        entry.uses++;
    }

    @Nullable
    OwnedEntry entry(SessionKey key) {
        return entries.get(resolve(key));
    }

    /** True when a write that is the last of its request should give the session up. */
    boolean releasesWithWrite(OwnedEntry entry, boolean isLast) {
        return isLast && entry.uses == 1 && entry.fencedUses == 0 && (entry.isRecalled || entry.isContested);
    }

    /** A write that gives the session up is about to be sent. */
    void beginRelease(OwnedEntry entry) {
        entry.isRecalled = true;
        entry.isReleasing = true;
    }

    /** A removal is about to be sent. Unlike a release it takes effect whatever was granted meanwhile. */
    void beginRemoval(OwnedEntry entry) {
        beginRelease(entry);
        entry.removalId = NOT_SENT;
    }

    /** The removal goes out under this id. */
    void removalSent(SessionKey key, long requestId) {
        @Nullable OwnedEntry entry = entry(key);
        if (entry != null && entry.isEnding()) {
            entry.removalId = requestId;
        }
    }

    /** The array has refused a removal, so nobody was told that the session had ended. */
    void notRemoved(SessionKey key) {
        @Nullable OwnedEntry entry = entry(key);
        if (entry != null) {
            entry.removalId = 0;
        }
    }

    /** A request that was sent behind a removal was granted the session: whatever became of the removal, it has not ended it. */
    void grantedBehind(SessionKey key, long requestId) {
        @Nullable OwnedEntry entry = entry(key);
        if (entry != null && requestId > entry.removalId) {
            entry.removalId = 0;
        }
    }

    /**
     * A change was answered.
     *
     * @param isFollowed     the use that sent it goes on; without a token in the answer it has lost the session.
     * @param sentGeneration lease generation when the change was sent.
     */
    void onWritten(
            SessionKey key,
            long sentToken,
            boolean isCommitted,
            long token,
            long version,
            int hints,
            boolean isFollowed,
            long sentGeneration,
            long nowNs) {
        forgetIfLapsed(nowNs);
        @Nullable OwnedEntry entry = entry(key);
        if (entry == null || (entry.token != sentToken && !entry.isNew)) {
            return;
        }
        if (isCommitted) {
            if (entry.isNew) {
                // Under a lease that broke since, or under none, the session may be somebody else's already; the next
                // lease must not make it owned.
                entry.generation = isLeaseValid(nowNs) ? sentGeneration : LOST;
                entry.grant = token;
            }
            entry.isNew = false;
            entry.version = Math.max(entry.version, version);
        }
        if (token == SessionProtocol.NO_TOKEN) {
            // The writer is done with the session. Whoever else uses it here has lost it in the middle of a request.
            int closed = isCommitted && !isFollowed ? Math.min(1, entry.uses) : 0;
            entry.isReleased = true;
            entry.closedUses += closed;
            entry.fencedUses += entry.uses - closed;
            entry.uses = 0;
        } else {
            entry.token = token;
            entry.isReleasing = false;
            entry.isRecalled |= (hints & SessionProtocol.HINT_RECALLED) != 0;
        }
    }

    /** The outcome of a write is not known: the next request must ask the server for the session. */
    void onUnknown(SessionKey key) {
        @Nullable OwnedEntry entry = entry(key);
        if (entry != null) {
            entry.isRecalled = true;
            // Whatever copy there is may lack that write, which may have taken effect.
            entry.version = CopyVersions.NO_VERSION;
        }
    }

    /** Ends one use, as {@link #end(SessionKey, long, Ending)} does that is likely to be the last one for a while. */
    @Nullable
    OwnedSession end(SessionKey known, long accessNs) {
        return end(known, accessNs, Ending.WHOLE);
    }

    /**
     * Ends one use.
     *
     * @return what to give back when others want the session and nobody here uses it any more who could change it, else null.
     */
    @Nullable
    OwnedSession end(SessionKey known, long accessNs, Ending ending) {
        SessionKey key = resolve(known);
        @Nullable OwnedEntry entry = entries.get(key);
        if (entry == null) {
            return null;
        }
        endOne(entry, ending);
        if (!entry.isNew && !entry.isReleased) {
            touches.merge(key, accessNs, (a, b) -> a - b > 0 ? a : b);
        }
        if (entry.openUses() > 0) {
            return null;
        }
        boolean isWanted =
                entry.isRecalled || entry.isContested && ending == Ending.WHOLE || entry.generation != generation;
        boolean isToBeGivenBack = !entry.isNew && !entry.isReleased && isWanted;
        if (entry.closedUses > 0) {
            entry.isReleased |= isToBeGivenBack;
        } else {
            forgetAliases(key);
            if (entry.isNew || entry.isReleased || isToBeGivenBack) {
                entries.remove(key);
            }
        }
        // As it is now: a request that is granted the session from here on will give it back itself.
        return isToBeGivenBack ? new OwnedSession(key, entry.token, entry.grant) : null;
    }

    private static void endOne(OwnedEntry entry, Ending ending) {
        boolean isClosed = entry.closedUses > 0 && (ending == Ending.GIVEN_UP || entry.openUses() == 0);
        if (isClosed) {
            entry.closedUses--;
        } else if (entry.uses > 0) {
            // Which of the others ends is not known. Fenced ones are taken to end last: were a newer one's end taken
            // for theirs, a request that lost its token could write with the new one, over what it has never seen.
            entry.uses--;
        } else if (entry.fencedUses > 0) {
            entry.fencedUses--;
        }
    }

    /**
     * The server asks for a session. Every grant up to the number it names has arrived before this message, or was lost with an
     * earlier connection and its request is being sent again; a release with that number is therefore safe. So is one of a token
     * that is not the one held here: a newer one was granted to a request given up, an older one the server does not know any more.
     *
     * @return true when nobody here uses it who could change it, so that it is to be given back now.
     */
    boolean onRecall(SessionKey key, long token, long grant) {
        @Nullable OwnedEntry entry = entry(key);
        if (entry == null) {
            return true;
        }
        if (entry.isNew) {
            // Its creation is on its way again; the answer brings the token.
            return false;
        }
        if (entry.token != token) {
            return true;
        }
        entry.isRecalled = true;
        entry.grant = Math.max(entry.grant, grant);
        if (entry.openUses() > 0) {
            return false;
        }
        if (entry.closedUses > 0) {
            entry.isReleased = true;
        } else {
            remove(resolve(key));
        }
        return true;
    }

    /**
     * A grant came for a request nobody waits for any more.
     *
     * @return true when it is to be given back, because nobody here uses the session under that token.
     */
    boolean onUnwantedGrant(SessionKey key, long token, long grant) {
        @Nullable OwnedEntry entry = entry(key);
        if (entry == null || entry.token != token || entry.isReleased) {
            return entry == null || !entry.isNew;
        }
        // Seen, so that the release of the others counts.
        entry.grant = Math.max(entry.grant, grant);
        return false;
    }

    void removed(SessionKey key) {
        @Nullable OwnedEntry entry = entry(key);
        if (entry != null) {
            entry.isReleased = true;
        }
        touches.remove(resolve(key));
    }

    /** A session has a new key. Whoever uses it under the old one goes on doing so: the old key leads to it while it is in use. */
    void renamed(SessionKey known, SessionKey to, long version) {
        SessionKey from = resolve(known);
        @Nullable OwnedEntry entry = entries.remove(from);
        if (entry != null) {
            entry.version = Math.max(entry.version, version);
            entries.put(to, entry);
            aliases.remove(to);
            aliases.replaceAll((old, current) -> current.equals(from) ? to : current);
            if (entry.allUses() > 0) {
                aliases.put(from, to);
            }
        }
        @Nullable Long touched = touches.remove(from);
        if (touched != null) {
            touches.put(to, touched);
        }
    }

    /** Time of an access not reported yet, taken out; null when there is none. */
    @Nullable
    Long takeTouch(SessionKey key) {
        return touches.remove(resolve(key));
    }

    boolean hasTouches() {
        return !touches.isEmpty();
    }

    /** Accesses not reported yet, taken out. */
    Map<SessionKey, Long> takeTouches() {
        Map<SessionKey, Long> taken = new LinkedHashMap<>(touches);
        touches.clear();
        return taken;
    }

    boolean isUsed(SessionKey key) {
        @Nullable OwnedEntry entry = entry(key);
        return entry != null && entry.allUses() > 0;
    }

    /**
     * A session that is owned and not in use, taken out.
     *
     * @return what to give back; null when it is not owned, or in use.
     */
    @Nullable
    OwnedSession takeIdle(SessionKey known) {
        SessionKey key = resolve(known);
        @Nullable OwnedEntry entry = entries.get(key);
        if (entry == null || entry.allUses() > 0) {
            return null;
        }
        remove(key);
        return new OwnedSession(key, entry.token, entry.grant);
    }

    /** Everything owned and not in use, taken out, to be given back. */
    List<OwnedSession> takeIdle() {
        List<OwnedSession> idle = new ArrayList<>();
        entries.entrySet().removeIf(each -> {
            boolean isIdle = each.getValue().allUses() == 0;
            if (isIdle) {
                OwnedEntry entry = each.getValue();
                idle.add(new OwnedSession(each.getKey(), entry.token, entry.grant));
            }
            return isIdle;
        });
        return idle;
    }

    int size() {
        return entries.size();
    }
}

package org.stoneware.simulation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.session.WriteStatus;

/**
 * What every browser was told, and whether it can be true. What a history of requests can't show is judged here at once: owners, tokens,
 * requests that aren't served, and the store in the end. The {@linkplain #history() history} is a judge of its own.
 */
public final class Ledger {
    private static final int SESSIONS = 3;
    /** One request in so many asks for a session that has ended. */
    private static final int ENDED_ONE_IN = 30;

    private final Map<SessionKey, Account> accounts = new HashMap<>();
    private final List<SessionKey> keys = new ArrayList<>();
    private final List<SessionKey> ended = new ArrayList<>();
    private final Set<SessionKey> created = new HashSet<>();
    private final Map<Long, Long> holderOfToken = new HashMap<>();
    private final RequestHistory history;
    private final PlantedBug bug;
    private final LongSupplier trueNs;
    private final Consumer<Violation> listener;
    private final int tomcats;
    private int sessions;
    private long highestToken;
    private long mustAnswerFromNs = Long.MAX_VALUE;
    private int committed;

    /** One session's history. */
    private static final class Account {
        final Set<Long> acknowledged = new HashSet<>();
        long highest;
        int sent;
        int refused;
        boolean mayHaveEnded;
        long lastUseNs;
    }

    /**
     * @param trueNs   time of the run.
     * @param listener told of each violation; throws it to end the run.
     */
    Ledger(int tomcats, PlantedBug bug, LongSupplier trueNs, Consumer<Violation> listener) {
        this.bug = bug;
        this.trueNs = trueNs;
        this.listener = listener;
        this.history = new RequestHistory(trueNs);
        this.tomcats = tomcats;
        for (int i = 0; i < SESSIONS; i++) {
            keys.add(newSession());
        }
    }

    private SessionKey newSession() {
        SessionKey key = SessionKey.of("shop", "S" + ++sessions);
        accounts.put(key, new Account());
        return key;
    }

    /** From now on nothing is broken, so everything is answered. */
    void mustAnswerFrom(long fromNs) {
        mustAnswerFromNs = fromNs;
    }

    public SessionKey chooseKey(long tomcat, int stickyOf100, Random random) {
        if (!ended.isEmpty() && random.nextInt(ENDED_ONE_IN) == 0) {
            return ended.get(random.nextInt(ended.size()));
        }
        if (random.nextInt(100) < stickyOf100) {
            return keys.get((int) (tomcat % keys.size()));
        }
        return keys.get(random.nextInt(keys.size()));
    }

    /** True once, for the Tomcat that begins a session. */
    public boolean isCreator(long tomcat, SessionKey key) {
        return Math.floorMod(key.hash64(), tomcats) + 1 == tomcat && created.add(key);
    }

    /** Highest value anybody was told is held. */
    public long acknowledged(SessionKey key) {
        Account account = accounts.get(key);
        return account == null ? 0 : account.highest;
    }

    public void onUse(SessionKey key) {
        Account account = accounts.get(key);
        if (account != null) {
            account.lastUseNs = nowNs();
        }
    }

    public void onRead(SessionKey key, long value, long atLeast) {
        if (accounts.containsKey(key) && value < atLeast) {
            report(
                    Violation.Kind.STALE_READ,
                    "stale read: key=" + key + " value=" + value + " acknowledged=" + atLeast);
        }
    }

    public void onSent(SessionKey key, long value) {
        Account account = accounts.get(key);
        if (account != null) {
            account.sent++;
        }
    }

    public void onAnswer(SessionKey key, long value, WriteStatus status) {
        Account account = accounts.get(key);
        if (account == null) {
            return;
        }
        if (status == WriteStatus.FORGOTTEN || status == WriteStatus.EXISTS) {
            report(Violation.Kind.IMPOSSIBLE_ANSWER, "key=" + key + " status=" + status);
        }
        if (status != WriteStatus.COMMITTED) {
            account.refused++;
            return;
        }
        committed++;
        account.highest = Math.max(account.highest, value);
        if (!account.acknowledged.add(value)) {
            report(Violation.Kind.LOST_UPDATE, "lost update: key=" + key + " value=" + value + " acknowledged twice");
        }
    }

    public void onEndSent(SessionKey key) {
        accounts.get(key).mayHaveEnded = true;
    }

    /** Another session takes the place of one that has ended. */
    public void onEnded(SessionKey key) {
        committed++;
        if (keys.contains(key)) {
            keys.set(keys.indexOf(key), newSession());
            ended.add(key);
        }
    }

    /** True time; clocks of machines that have slept are far behind it. */
    public long nowNs() {
        return trueNs.getAsLong();
    }

    /** @param beganNs true time. */
    public void onBusy(SessionKey key, long beganNs) {
        Account account = accounts.get(key);
        if (account != null && beganNs > mustAnswerFromNs && account.lastUseNs < beganNs) {
            report(Violation.Kind.NOT_SERVED, "busy although nobody used it: key=" + key);
        }
    }

    public void onTimeout(SessionKey key, String state) {
        if (nowNs() > mustAnswerFromNs) {
            report(Violation.Kind.NOT_SERVED, "no answer: key=" + key + ' ' + state);
        }
    }

    /** The server has granted a session. */
    void onGrant(long tomcat, long token, long grant) {
        Long holder = holderOfToken.putIfAbsent(token, tomcat);
        if (holder != null && holder != tomcat) {
            report(Violation.Kind.TOKEN_SHARED, "two Tomcats hold one token: token=" + token);
        }
        if (holder == null) {
            // The first grant of a token that came with a creation is not seen here.
            if (token <= highestToken && grant == token) {
                report(
                        Violation.Kind.TOKEN_NOT_RISING,
                        "token does not rise: token=" + token + " highest=" + highestToken);
            }
            highestToken = Math.max(highestToken, token);
        }
    }

    /** Compares what the array holds in the end with what was promised. */
    void onFinal(SessionKey key, long value) {
        history.look(key, value);
        Account account = accounts.get(key);
        if (account.mayHaveEnded) {
            return;
        }
        int acknowledged = account.acknowledged.size();
        int unknown = account.sent - account.refused - acknowledged;
        if (value < acknowledged || value > acknowledged + unknown) {
            report(
                    Violation.Kind.WRONG_TOTAL,
                    "final value does not add up: key=" + key + " value=" + value + " acknowledged=" + acknowledged
                            + " unknown=" + unknown);
        }
    }

    public RequestHistory history() {
        return history;
    }

    /** Tells of it, unless a bug is planted that is not to be found by this. */
    void report(Violation.Kind kind, String what) {
        if (bug.isFoundBy(kind)) {
            listener.accept(new Violation(kind, what));
        }
    }

    List<SessionKey> keys() {
        return keys;
    }

    /** Those that have ended, too. */
    List<SessionKey> allKeys() {
        List<SessionKey> all = new ArrayList<>(ended);
        all.addAll(keys);
        return all;
    }

    int committed() {
        return committed;
    }
}

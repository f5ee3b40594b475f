package org.stoneware.server.session;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;

/**
 * Which Tomcat changed a session last, for people who look at it. Not part of the replicated state: each server remembers what it has applied
 * since it started, and forgets a session when another one needs its place.
 * <p>
 * <b>Threading:</b> the agent thread. <b>Limits:</b> {@value #PLACES} sessions, 768 KiB.
 */
final class LastWriters {
    private static final int PLACES = 1 << 16;
    private static final int MAX_CLIENTS = 1 << 16;

    private final Map<ClientId, Integer> numbers = new HashMap<>();
    private final Map<Integer, ClientId> clients = new HashMap<>();
    private long @Nullable [] keys;
    /** By place; 0: nobody. */
    private int[] writers = new int[0];

    void written(SessionKey key, ClientId client) {
        long[] present = keys;
        if (present == null) {
            present = new long[PLACES];
            writers = new int[PLACES];
            keys = present;
        }
        long hash = key.hash64();
        present[place(hash)] = hash;
        writers[place(hash)] = number(client);
    }

    private int number(ClientId client) {
        Integer known = numbers.get(client);
        if (known != null) {
            return known;
        }
        if (numbers.size() == MAX_CLIENTS) {
            numbers.clear();
            clients.clear();
            writers = new int[PLACES];
        }
        int number = numbers.size() + 1;
        numbers.put(client, number);
        clients.put(number, client);
        return number;
    }

    /** Somebody else than a Tomcat changed or ended it. */
    void forget(SessionKey key) {
        long hash = key.hash64();
        if (keys != null && keys[place(hash)] == hash) {
            writers[place(hash)] = 0;
        }
    }

    /** Null when it is not remembered. */
    @Nullable
    ClientId of(SessionKey key) {
        long[] present = keys;
        long hash = key.hash64();
        return present == null || present[place(hash)] != hash ? null : clients.get(writers[place(hash)]);
    }

    private static int place(long hash) {
        return (int) (hash ^ hash >>> 32) & PLACES - 1;
    }
}

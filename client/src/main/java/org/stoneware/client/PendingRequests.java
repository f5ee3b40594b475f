package org.stoneware.client;

import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Requests without an answer, numbered in the order they are first sent.
 * <p>
 * The order matters: the server forgets what it answered below the oldest change still waited for, and would take a change that
 * comes later with a lower number for one it has forgotten.
 * <p>
 * Remembers how far they have gone out under the registration there is, so that what has not waits here and is held once.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class PendingRequests {
    private final Long2ObjectHashMap<PendingRequest> byId = new Long2ObjectHashMap<>();
    private long lastId;
    private long oldestChange = 1;
    private long nextUnsent = 1;

    void add(PendingRequest request) {
        request.id = ++lastId;
        byId.put(request.id, request);
    }

    @Nullable
    PendingRequest remove(long id) {
        return byId.remove(id);
    }

    /** Whether somebody waits for the answer to a request. */
    boolean isAwaited(long id) {
        return byId.containsKey(id);
    }

    /** Every change with a lower number was answered, or nobody waits for its answer. */
    long answeredBelow() {
        // Numbers are passed once each, whatever the number of requests.
        while (oldestChange <= lastId && !isChange(byId.get(oldestChange))) {
            oldestChange++;
        }
        return oldestChange;
    }

    private static boolean isChange(@Nullable PendingRequest request) {
        return request != null && !request.isOwnershipRequest;
    }

    /** All of them go out again. */
    void beginAgain() {
        nextUnsent = lastId + 1;
        for (PendingRequest request : byId.values()) {
            nextUnsent = Math.min(nextUnsent, request.id);
        }
    }

    /** The oldest one that has not gone out; it has when this returns. Null when all have. */
    @Nullable
    PendingRequest takeUnsent() {
        PendingRequest request = null;
        while (request == null && nextUnsent <= lastId) {
            request = byId.get(nextUnsent++);
        }
        return request;
    }

    boolean hasUnsent() {
        return nextUnsent <= lastId;
    }

    int size() {
        return byId.size();
    }
}

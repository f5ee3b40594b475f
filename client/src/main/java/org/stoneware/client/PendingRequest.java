package org.stoneware.client;

import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.WriteStatus;

/**
 * A request and the thread that waits for its answer.
 * <p>
 * <b>Threading:</b> made by a request thread, sent by the agent; the outcome is written under the monitor of {@link OwnedSessions} before
 * {@code isDone}, and read after it.
 */
final class PendingRequest {
    /** Given by {@link PendingRequests}; agent only. */
    long id;

    final SessionKey key;
    final UnsafeBuffer message;
    final int length;
    final boolean isOwnershipRequest;
    /** Token the message carries; 0 for a request of ownership. */
    final long token;

    /** New key when the message renames the session. Set before the request is handed to the agent. */
    @Nullable
    SessionKey renamedTo;

    /** The message takes the session away. Set before the request is handed to the agent. */
    boolean isRemoval;

    /** The use that sends it goes on behind it, so its session must not pass to others with it. Set before the request is handed to the agent. */
    boolean isFollowed;

    private final Thread waiter = Thread.currentThread();

    /** Name of the copy's version the request was made with, see {@link CopyVersions}; agent only. */
    long copyName;

    /** Whether a server may have taken it in; agent only. */
    boolean wasSent;

    /** Lease generation when last sent; agent only. */
    long sentGeneration;

    /** The waiter has gone; whatever is granted now is given back. Under the monitor. */
    boolean isCancelled;

    private volatile boolean isDone;
    OwnStatus ownStatus = OwnStatus.ABSENT;
    WriteStatus writeStatus = WriteStatus.FAILED;
    /** The change was the last of its use and gave the session up. */
    boolean isReleased;

    long answerVersion;
    long logTimeMs;
    long lastAccessedTimeMs;

    @Nullable
    SessionRecord record;

    PendingRequest(SessionKey key, byte[] message, boolean isOwnershipRequest, long token) {
        this.key = key;
        this.message = new UnsafeBuffer(message);
        this.length = message.length;
        this.isOwnershipRequest = isOwnershipRequest;
        this.token = token;
    }

    boolean isDone() {
        return isDone;
    }

    void complete() {
        isDone = true;
        LockSupport.unpark(waiter);
    }
}

package org.stoneware.api.cluster;

/** A question about sessions that can't be answered now; the message says why and what to do. */
public final class SessionAdminException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SessionAdminException(String message) {
        super(message);
    }
}

package org.stoneware.tomcat;

import org.stoneware.client.Opened;

/** The array did not give a session; what that means is for the caller to say. */
final class UngrantedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Opened.Status status;

    UngrantedException(Opened.Status status, String detail) {
        super(detail, null, false, false);
        this.status = status;
    }

    Opened.Status status() {
        return status;
    }

    String detail() {
        return String.valueOf(getMessage());
    }
}

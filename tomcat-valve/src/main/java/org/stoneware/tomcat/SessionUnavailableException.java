package org.stoneware.tomcat;

/**
 * The array could not give or keep a session. Passes through the application up to the valve, which answers 503. Has no stack
 * trace: it says nothing about the place it comes from, and Tomcat logs it for every request while the array is away.
 */
final class SessionUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SessionUnavailableException(String message) {
        super(message, null, false, false);
    }
}

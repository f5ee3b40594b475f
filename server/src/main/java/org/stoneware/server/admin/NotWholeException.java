package org.stoneware.server.admin;

/** This server may lack sessions, so it makes no backup; the message says whom to ask. */
public final class NotWholeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotWholeException(String message) {
        super(message);
    }
}

package org.stoneware.api.backup;

/** A file is not a backup, is damaged, or was made by a version this one does not know; the message says which, and where. */
public final class BackupException extends Exception {
    private static final long serialVersionUID = 1L;

    public BackupException(String message) {
        super(message);
    }
}

package org.stoneware.client;

import org.stoneware.wire.session.SessionProtocol;

/**
 * One session that is owned, or was when a running request began to use it.
 * <p>
 * <b>Threading:</b> under the monitor of {@link OwnedSessions}.
 */
final class OwnedEntry {
    long token = SessionProtocol.NO_TOKEN;
    long version;
    long generation;
    /** Number of the last grant of the token that was seen. */
    long grant;

    int uses;
    /** The array has not heard of it yet. */
    boolean isNew;
    /** Others wait for it: no new request may begin to use it here. */
    boolean isRecalled;
    /** Other Tomcats used it lately: given up with the last write of a request. */
    boolean isContested;
    /** A write that gives it up is on its way: the array may have given it to somebody else already. */
    boolean isReleasing;
    /**
     * Id of the removal that is on its way, 0 while there is none: the array may have told others already that the session has ended, whatever
     * is granted meanwhile.
     */
    long removalId;
    /** It was given up. */
    boolean isReleased;
    /** Uses that began under a token lost since; while there are any, nothing may be written. */
    int fencedUses;
    /** Uses whose last write gave the session up, and of a session removed; they only have to end, and nobody waits for that. */
    int closedUses;

    boolean isEnding() {
        return removalId != 0;
    }

    int allUses() {
        return uses + fencedUses + closedUses;
    }

    /** Uses others wait for. */
    int openUses() {
        return uses + fencedUses;
    }

    /** True for the copy this Tomcat was given or has changed last, as far as is known; a session that begins has no other. */
    boolean isNewest(long copyVersion) {
        return isNew || version == copyVersion;
    }
}

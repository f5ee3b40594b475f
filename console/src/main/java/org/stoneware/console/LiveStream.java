package org.stoneware.console;

import org.jspecify.annotations.Nullable;

/**
 * Server-sent events, as a reader asked for them.
 *
 * @param hasStatus   true when the status of the array is sent too, false for events of the array alone.
 * @param lastEventId id of the last event the reader has seen, as it says; null when it wants all that are kept.
 */
record LiveStream(boolean hasStatus, @Nullable String lastEventId) implements Reply {
    static final String CONTENT_TYPE = "text/event-stream; charset=utf-8";
}

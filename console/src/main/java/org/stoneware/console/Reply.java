package org.stoneware.console;

/** What a route gives back: a whole {@link Answer}, or a {@link LiveStream} that goes on until the reader leaves. */
sealed interface Reply permits Answer, LiveStream {}

package org.stoneware.storage.engine;

import org.agrona.DirectBuffer;

/** Who asked for a record of the log. Called on the agent thread. */
interface ReadTarget {
    /** <b>Ownership:</b> the content is a view valid until the call returns. */
    void onRead(long location, DirectBuffer content, int offset, int length);

    /** The record is damaged or the device failed; the session has been given up where it was held at that location. */
    void onReadFailed(long location);
}

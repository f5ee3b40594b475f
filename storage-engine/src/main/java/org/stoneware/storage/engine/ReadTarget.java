package org.stoneware.storage.engine;

import org.agrona.DirectBuffer;

/** Who asked for a record of the log. Called on the agent thread. */
interface ReadTarget {
    /** <b>Ownership:</b> the content is a view valid until the call returns. */
    void onRead(long location, DirectBuffer content, int offset, int length);

    /**
     * The record is damaged, and the session has been given up where it was held at that location; or the device gave nothing, and the
     * session is held as before, to be read later.
     *
     * @param length      of the record.
     * @param hash        of the session's key.
     * @param fingerprint of the session's key.
     */
    void onReadFailed(long location, int length, long hash, long fingerprint);
}

package org.stoneware.liveness;

/** How far the greeting of one connection has come. That it ends is not a state here, because it may end in every one. */
enum LinkState {
    /** We connected; our hello is not sent yet. */
    CONNECTED,
    /** We sent the hello and have a key; the other end has not proved that it has it, too. */
    AWAIT_CHALLENGE,
    /** We sent the hello, and our proof if we have a key; the other end's reply has not come. */
    AWAIT_REPLY,
    /** We accepted; the caller has not said hello. */
    AWAIT_HELLO,
    /** The caller said hello and we have a key; it has not proved that it has it, too. */
    AWAIT_PROOF,
    /** The caller said hello, and proved itself if we have a key; our listener has not answered. */
    HELLO_HEARD,
    /** The answer is being queued: the caller may already send, but no heartbeat of ours may come before the answer. */
    REPLYING,
    /** Hello and reply are exchanged. */
    GREETED
}

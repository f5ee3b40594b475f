package org.stoneware.liveness;

/** How far the greeting of one connection has come. That it ends is not a state here, because it may end in every one. */
enum LinkState {
    /** We connected; our hello is not sent yet. */
    CONNECTED,
    /** We sent the hello; the other end's reply has not come. */
    AWAIT_REPLY,
    /** We accepted; the caller has not said hello. */
    AWAIT_HELLO,
    /** The caller said hello; our listener has not answered. */
    HELLO_HEARD,
    /** The answer is being queued: the caller may already send, but no heartbeat of ours may come before the answer. */
    REPLYING,
    /** Hello and reply are exchanged. */
    GREETED
}

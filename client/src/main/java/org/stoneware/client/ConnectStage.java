package org.stoneware.client;

/** How far this Tomcat is with finding a server that serves it. */
enum ConnectStage {
    /** No connection; waiting to dial. */
    IDLE,
    /** Waiting for TCP. */
    DIALLING,
    /** Hello sent. */
    GREETING,
    /** Taken in; registration sent or about to be. */
    REGISTERING,
    /** Requests flow. */
    REGISTERED
}

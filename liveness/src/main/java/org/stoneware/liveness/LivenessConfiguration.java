package org.stoneware.liveness;

/** Properties of PID {@code org.stoneware.liveness}; what they mean is said at {@link LivenessSettings}. */
@interface LivenessConfiguration {
    int serverHeartbeatMs() default 50;

    int serverSilenceMs() default 500;

    int valveHeartbeatMs() default 250;

    int valveSilenceMs() default 1500;

    int helloTimeoutMs() default 5000;

    int maxUngreeted() default 64;

    int maxConnections() default 1024;

    int maxWaitingBytes() default 256 * 1024;

    int writeStallMs() default 30_000;

    int goodbyeWaitMs() default 1000;

    /** File of the array's key; empty for none. */
    String arrayKey() default "";
}

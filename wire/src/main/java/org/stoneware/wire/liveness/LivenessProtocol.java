package org.stoneware.wire.liveness;

/** Numbers both ends of a liveness connection must agree on. */
public final class LivenessProtocol {
    public static final int SCHEMA_ID = 901;

    private LivenessProtocol() {}
}

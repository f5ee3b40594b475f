package org.stoneware.testkit.election;

/** Thrown out of an effect: the process is gone. */
final class SimulatedCrash extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SimulatedCrash() {
        super("simulated crash", null, false, false);
    }
}

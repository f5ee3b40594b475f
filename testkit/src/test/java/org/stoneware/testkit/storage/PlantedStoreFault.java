package org.stoneware.testkit.storage;

import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;

/** A store that breaks one promise; the contract must fail on it. */
interface PlantedStoreFault {
    /** The test of the contract whose business this fault is. */
    String caughtBy();

    /** What the test says of the store. */
    boolean keepsSessions();

    /** What the test says of the store. */
    default boolean holdsMoreThanMemory() {
        return true;
    }

    SessionStore open(StoreContext context, ReferenceDisk disk);
}

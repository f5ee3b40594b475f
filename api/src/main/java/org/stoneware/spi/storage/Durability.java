package org.stoneware.spi.storage;

/** What {@link SessionStore#durablePosition()} stands for in a store that keeps sessions over the end of the process. */
public enum Durability {
    /** Forced to the device: survives a loss of power, with disks that are honest. */
    FSYNC,
    /** Handed to the operating system: survives the end of the process. Forced every 10 ms in the background. */
    REPLICATED
}

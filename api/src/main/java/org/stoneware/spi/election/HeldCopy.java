package org.stoneware.spi.election;

/**
 * What a server found of the sessions when it started, where the store keeps them over the end of the process.
 *
 * @param isComplete a whole copy of the sessions, as of the entry named, lies there.
 * @param epoch      epoch of the last entry in it; 0 for none.
 * @param index      number of that entry; 0 for none.
 * @param isSuspect  what was acknowledged last may be missing: the machine went down, and not everything had been forced to
 *                   disk, or the disk has damaged what had been.
 */
public record HeldCopy(boolean isComplete, long epoch, long index, boolean isSuspect) {
    /** Nothing is held, or it was never whole. */
    public static final HeldCopy NOTHING = new HeldCopy(false, 0, 0, false);

    /** Whether it holds more than another one, as far as numbers tell. */
    public boolean isNewerThan(HeldCopy other) {
        return epoch != other.epoch ? epoch > other.epoch : index > other.index;
    }
}

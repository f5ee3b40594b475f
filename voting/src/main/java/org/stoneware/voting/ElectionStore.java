package org.stoneware.voting;

/** Keeps what a voter must not forget; a server's is a file, a voter without data may keep it in memory. */
public interface ElectionStore extends AutoCloseable {
    /** What was forced last, or {@link SavedRegister#empty} for a new voter. */
    SavedRegister load();

    /**
     * Returns when the state would survive a power failure.
     * <p>
     * <b>Failure:</b> an {@link org.stoneware.spi.election.ElectionException} is final: it is not known which state a restart would
     * find, so nothing may be promised any more.
     */
    void force(SavedRegister register);

    @Override
    void close();
}

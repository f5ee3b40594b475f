package org.stoneware.benchmarks;

/** One way to keep the sessions of a {@link SessionSet}; each call is one operation on the session of that number. */
interface SessionEngine {
    String name();

    void load(int number);

    /** Finds a session and copies its bytes, as an answer would. */
    void read(int number);

    /** Replaces a session by a later version, sometimes of another length. */
    void put(int number);

    /** Changes one small attribute. */
    void merge(int number);

    void touch(int number);

    /** Finds all sessions that have expired, which is one in a thousand. */
    void sweep();
}

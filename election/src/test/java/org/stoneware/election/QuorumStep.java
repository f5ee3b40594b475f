package org.stoneware.election;

/** What can happen; the argument is a server, or ten times a server plus a voter. */
enum QuorumStep {
    /** A server begins a round to become active, or to do what an active wants. */
    LEAD,
    DROP,
    ADD,
    RESEAT,
    /** One voter gets the present question of a server and answers. */
    ASK,
    /** The same, and the answer is lost. */
    ASK_IN_VAIN,
    /** One voter gets the value a server proposed in its round before. */
    ASK_LATE,
    /** The active takes a write; the standby holds it too if it is in sync and can be talked to. */
    WRITE,
    CRASH,
    LOSE,
    /** A Tomcat ends and comes back as another voter. */
    RENEW
}

package org.stoneware.simulation;

/** What can happen next in a {@link GrantExploration}. The number after a name is a Tomcat; steps without one concern the servers. */
enum GrantStep {
    /** A request begins to use the session. */
    BEGIN,
    /** The same after the Tomcat has dropped its copy: it asks for what it may own. */
    FRESH,
    /** The running request changes the session and ends. */
    COMMIT,
    /** The running request ends without a change. */
    END,
    /** What this Tomcat sends stays under way. */
    HOLD_UP,
    /** What is sent to this Tomcat stays under way. */
    HOLD_DOWN,
    /** The oldest message under way to the Tomcat arrives, and no other. */
    DOWN,
    /** Everything under way from and to this Tomcat arrives, and so does what follows. */
    FLOW,
    /** The process is stopped. */
    FREEZE,
    /** It goes on. */
    WAKE,
    /** The Tomcat gives its connection up and opens one to the active of the highest epoch. */
    CONNECT,
    /** A copy of the registration the Tomcat sent last arrives at its server. */
    LATE,
    /** A message to the Tomcat from an earlier connection arrives. */
    STRAY,
    /** A tenth of a second passes; every Tomcat that runs renews its lease. */
    TICK,
    /** Half a second passes in the same way: longer than any lease of a Tomcat that did not run or was not heard. */
    SLEEP,
    /** The active's process ends, and its standby becomes active at once. */
    CRASH,
    /** The active is named anew in a higher epoch: who was connected registers anew, and its standby counts no more. */
    RENAME,
    /** The servers hear each other no more. */
    PART,
    /** The standby becomes active, whatever its word to the active before it, which goes on until it hears of this. */
    TAKE_OVER,
    /** The server that is not active follows the one that is, and is copied as time passes. */
    REJOIN
}

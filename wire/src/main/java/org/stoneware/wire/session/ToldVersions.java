package org.stoneware.wire.session;

/**
 * How far a Tomcat was told of a log: by this an active finds out that another one acknowledged changes it does not have.
 *
 * @param epoch   epoch the Tomcat was registered in last; 0 when it never was.
 * @param version greatest version of a session it was told until then; 0 when there was none.
 */
public record ToldVersions(long epoch, long version) {
    /** Of a Tomcat that has just started. */
    public static final ToldVersions NOTHING = new ToldVersions(0, 0);
}

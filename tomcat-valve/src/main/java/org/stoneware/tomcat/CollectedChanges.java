package org.stoneware.tomcat;

/**
 * What a delta says of a session, to be remembered once the array holds it.
 *
 * @param hasInterval the interval is part of the delta.
 * @param interval    {@code maxInactiveInterval} in seconds.
 */
record CollectedChanges(
        boolean hasInterval,
        int interval,
        SessionAttributes.Collected application,
        SessionAttributes.Collected container) {}

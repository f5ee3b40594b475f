package org.stoneware.spi.election;

/**
 * A voter that is no server, as one server sees it: a Tomcat or an external voter. It is known by 128 bits that end with its memory: a
 * Tomcat draws new ones at every start, an external voter keeps them in its file.
 *
 * @param idHigh           upper half of its identity, as in its hello.
 * @param idLow            lower half of it.
 * @param isTomcat         false for an external voter.
 * @param name             name, for people.
 * @param host             where it runs; two voters on one host count as one.
 * @param isOnServerHost   a server of the array runs on its host, so both may die together.
 */
public record VoterContact(
        long idHigh, long idLow, boolean isTomcat, String name, String host, boolean isOnServerHost) {}

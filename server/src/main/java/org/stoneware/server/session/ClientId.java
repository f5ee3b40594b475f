package org.stoneware.server.session;

/** Identity of one Tomcat process: 128 random bits made at its start. */
public record ClientId(long high, long low) {
    @Override
    public String toString() {
        return String.format("%016x%016x", high, low);
    }
}

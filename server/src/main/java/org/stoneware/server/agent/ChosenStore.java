package org.stoneware.server.agent;

/**
 * What the server begins with, registered once it is there. Not the provider itself: that may go while the server stays.
 *
 * @param offer  the provider to begin with.
 * @param choice what was chosen by command and is remembered.
 */
record ChosenStore(StoreOffer offer, StoreChoice choice) {}

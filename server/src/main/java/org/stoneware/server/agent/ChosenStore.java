package org.stoneware.server.agent;

/**
 * What the server begins with, registered once it is there. Not the provider itself: that may go while the server stays.
 *
 * <p>
 * It carries {@link StoreProviders} along, which is no service: this one is registered while that component is being activated, and who
 * needed both would wait for itself.
 *
 * @param offer     the provider to begin with.
 * @param choice    what was chosen by command and is remembered.
 * @param providers all providers that are there, then and later.
 * @param progress  where the server that begins with it says what it is doing.
 */
record ChosenStore(StoreOffer offer, StoreChoice choice, StoreProviders providers, StartProgress progress) {}

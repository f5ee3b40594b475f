package org.stoneware.demo;

import java.net.URI;

/** What stands in front of the Tomcats and gives each request to the next of them, whatever session it belongs to. */
public interface FrontDoor extends AutoCloseable {
    URI uri(String path);

    /** For people, for example {@code nginx, round robin}. */
    String describe();

    @Override
    void close();
}

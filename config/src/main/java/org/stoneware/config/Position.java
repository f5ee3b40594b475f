package org.stoneware.config;

/**
 * Place in the text of a configuration.
 *
 * @param line   from 1; 0 when there is no place, for example for an option of the command line.
 * @param column from 1, in UTF-16 units.
 */
public record Position(int line, int column) {
    /** No place in the text. */
    public static final Position NONE = new Position(0, 0);
}

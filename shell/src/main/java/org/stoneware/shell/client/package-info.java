/** The client side of {@code bin/shell}: one command, a pipe of commands, or a person at a terminal. */
@NullMarked
package org.stoneware.shell.client;

import org.jspecify.annotations.NullMarked;

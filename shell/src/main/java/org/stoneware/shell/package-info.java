/** The server's end of the shell: a socket for the user who runs the server, and a gogo session behind each connection. See ADR 0141. */
@NullMarked
package org.stoneware.shell;

import org.jspecify.annotations.NullMarked;

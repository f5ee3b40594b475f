/** What both ends of the shell share: where the socket is, and what goes over it. */
@NullMarked
package org.stoneware.shell.link;

import org.jspecify.annotations.NullMarked;

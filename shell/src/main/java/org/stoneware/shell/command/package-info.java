/** The commands, and how their answers look to people and scripts. */
@NullMarked
package org.stoneware.shell.command;

import org.jspecify.annotations.NullMarked;

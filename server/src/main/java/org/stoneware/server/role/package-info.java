/** What a server does with its copy of the sessions in the role the election gives it. */
@NullMarked
package org.stoneware.server.role;

import org.jspecify.annotations.NullMarked;

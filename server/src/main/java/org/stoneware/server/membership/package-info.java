/** What this server knows of the other servers of its array. */
@NullMarked
package org.stoneware.server.membership;

import org.jspecify.annotations.NullMarked;

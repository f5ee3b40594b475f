/** Copying what happens to the other servers. */
@NullMarked
package org.stoneware.server.replication;

import org.jspecify.annotations.NullMarked;

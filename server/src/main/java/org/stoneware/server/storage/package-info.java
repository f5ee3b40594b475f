/** Replacing the store of a running server: both stores get every change while one is copied into the other, then they change places. */
@NullMarked
package org.stoneware.server.storage;

import org.jspecify.annotations.NullMarked;

/**
 * The contract of a session store as tests. A store's own test extends {@link
 * org.stoneware.testkit.storage.SessionStoreContract} and supplies a factory, nothing else.
 */
@NullMarked
package org.stoneware.testkit.storage;

import org.jspecify.annotations.NullMarked;

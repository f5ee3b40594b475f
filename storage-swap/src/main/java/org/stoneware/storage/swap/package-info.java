/** Persistence mode {@code temporary-swap-only}: sessions in memory first, on disk beyond. Not exported: the bundle is used through the service it registers. */
@NullMarked
@Capability(namespace = "org.stoneware.storage", attribute = "mode=temporary-swap-only")
package org.stoneware.storage.swap;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Capability;

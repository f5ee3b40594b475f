/** The contract of a session store. A bundle that implements it offers one persistence mode. */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.spi.storage;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

/** Messages by which Tomcats bear witness: whether a server that another one misses is still heard. */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.wire.witness;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

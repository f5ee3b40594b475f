/** Entries of the replicated log: what happened, in the bytes every replica applies. */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.wire.log;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

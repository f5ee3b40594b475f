/** The contract between a deterministic state machine and whatever replicates its log. */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.spi.replication;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

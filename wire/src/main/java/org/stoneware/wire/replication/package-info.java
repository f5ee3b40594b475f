/** Frames between an active server and its standbys: the log, and the copy of the state that precedes it. */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.wire.replication;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

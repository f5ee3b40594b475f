/** Messages of the TCP liveness connections: hello, reply, heartbeat, opaque message, goodbye. */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.wire.liveness;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

/** The TCP side of every server: hello, heartbeats and evidence that a process has died. */
@NullMarked
@Export
@Version("1.1.0")
package org.stoneware.spi.liveness;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

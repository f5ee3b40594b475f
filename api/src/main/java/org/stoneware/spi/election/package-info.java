/** The contract of an election policy: failure evidence and messages in, decisions about the configuration register out. */
@NullMarked
@Export
@Version("1.4.0")
package org.stoneware.spi.election;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

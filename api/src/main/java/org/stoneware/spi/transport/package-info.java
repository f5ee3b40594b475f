/** The contract of a transport: ordered, complete, back-pressured delivery of opaque frames between two identified ends. */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.spi.transport;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

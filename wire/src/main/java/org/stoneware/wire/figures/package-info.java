/** Figures servers tell each other for people; nothing is decided on them. */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.wire.figures;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

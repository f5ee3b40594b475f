/**
 * Sessions in a file: what {@code bin/backup} writes and {@code bin/restore} reads. Independent of the storage mode, so a backup of one mode
 * goes into a server of another.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.api.backup;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

/**
 * Decides which server of an array is active: a small register, forced to disk, that servers change in two phases, and the policy
 * {@code networked-active-passive} that says when to change it. Only the component class is visible; everything else is reached
 * through {@code org.stoneware.spi.election}.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.election;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

/**
 * What every transport must do, as a test to extend, and an in-memory transport that does it, for tests without a network.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.testkit.transport;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

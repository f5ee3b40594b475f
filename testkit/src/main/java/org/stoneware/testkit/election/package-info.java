/** What an election policy must pass, and the simulated network its contract is tried in. */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.testkit.election;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

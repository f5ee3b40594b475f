/** What two clocks of one machine tell together that neither tells alone. */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.api.time;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

/** Messages between a Tomcat and the active server: adapters decode what comes in, publishers encode what goes out. */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.wire.session;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

/** The effective configuration as immutable records; {@code config} is the only module that knows the file they come from. */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.api.config;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

/** What clients of an array saw, written down, and a checker that says whether one copy of every session explains it. */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.testkit.history;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

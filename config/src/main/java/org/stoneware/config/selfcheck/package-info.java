/**
 * Names what is silently broken in the framework: components that miss a reference or failed to activate, bundles that do not resolve or start.
 * It lives in the configuration's bundle because that bundle decides which components should be alive (ADR 0012).
 */
@NullMarked
package org.stoneware.config.selfcheck;

import org.jspecify.annotations.NullMarked;

/**
 * Takes storage bundles out of a watched directory: a newer version is installed beside the one in use, the sessions move to its store, and
 * only then the old one goes. A broken bundle is reported and the one in use goes on.
 */
@NullMarked
package org.stoneware.deploy;

import org.jspecify.annotations.NullMarked;

/** Persistence mode {@code permanent-store}: sessions that outlive the server. Not exported: the bundle is used through the service it registers. */
@NullMarked
@Capability(namespace = "org.stoneware.storage", attribute = "mode=permanent-store")
package org.stoneware.storage.permanent;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Capability;

/** What the array looks like to people and tools: roles, members, clients, events, and the one management service behind every door. */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.api.cluster;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

/**
 * The transport contract over Aeron UDP, both ends.
 * <p>
 * Each transport embeds one media driver that runs on the caller's duty cycle, and waits for work in one selector on all its
 * sockets, so that an idle process costs next to nothing and a busy neighbour does not slow it down.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.transport.aeron;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

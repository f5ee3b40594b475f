/**
 * TCP liveness connections on one thread with one selector. Inside the server a component registers the network as a service; a
 * Tomcat creates {@link org.stoneware.liveness.TcpLivenessNetwork} itself.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.liveness;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

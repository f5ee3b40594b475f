/** What runs inside a Tomcat and is not Catalina: sessions of the array as a blocking interface for request threads. */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.client;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

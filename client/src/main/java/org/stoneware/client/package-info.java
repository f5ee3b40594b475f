/** What runs inside a Tomcat and is not Catalina: sessions of the array as a blocking interface for request threads. */
@NullMarked
package org.stoneware.client;

import org.jspecify.annotations.NullMarked;

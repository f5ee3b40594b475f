/** Class names of the Terracotta valves, so that a context.xml written for them works as it is. */
@NullMarked
package org.terracotta.session;

import org.jspecify.annotations.NullMarked;

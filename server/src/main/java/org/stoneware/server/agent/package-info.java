/** The duty cycle that owns all state of a server, and the component that starts it. */
@NullMarked
package org.stoneware.server.agent;

import org.jspecify.annotations.NullMarked;

/** How long things take in the server, counted by the agent for people and monitoring. Nothing is decided on it. */
@NullMarked
package org.stoneware.server.latency;

import org.jspecify.annotations.NullMarked;

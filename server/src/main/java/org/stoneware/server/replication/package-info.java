/**
 * Copying what happens to the other servers: the log entry by entry ({@code ActiveReplicator}, {@code PassiveReplica}), and before
 * that the state it continues from ({@code PassiveSyncSession}). Pure: time is a parameter, frames come in as calls and go out
 * through {@code FrameOutput}.
 */
@NullMarked
package org.stoneware.server.replication;

import org.jspecify.annotations.NullMarked;

package org.stoneware.server.admin;

import org.stoneware.api.cluster.SessionBackup.RestoreCounts;

/**
 * What became of a batch of saved sessions.
 *
 * @param counts  sessions by what became of them; those missing were not looked at.
 * @param trouble why no more should be tried; empty when it may go on.
 * @param isHere  false when this server is not the active, or not any more.
 */
public record AdoptionAnswer(RestoreCounts counts, String trouble, boolean isHere) {}

package org.stoneware.server.admin;

import org.stoneware.api.cluster.SessionAdmin.SessionSummary;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;

/** Makes what is shown of a record. */
final class Summaries {
    private Summaries() {}

    static SessionSummary of(SessionKey key, SessionRecord record) {
        return new SessionSummary(
                key.application(),
                key.id(),
                record.creationTimeMs(),
                record.lastAccessedTimeMs(),
                record.maxInactiveIntervalSec(),
                record.length(),
                record.attributeCount(),
                record.version());
    }
}

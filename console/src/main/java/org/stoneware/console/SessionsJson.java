package org.stoneware.console;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.SessionAdmin.ApplicationStats;
import org.stoneware.api.cluster.SessionAdmin.AttributeDetails;
import org.stoneware.api.cluster.SessionAdmin.Bucket;
import org.stoneware.api.cluster.SessionAdmin.CopyDetails;
import org.stoneware.api.cluster.SessionAdmin.SessionDetails;
import org.stoneware.api.cluster.SessionAdmin.SessionPage;
import org.stoneware.api.cluster.SessionAdmin.SessionStats;
import org.stoneware.api.cluster.SessionAdmin.SessionSummary;

/** The JSON of sessions. Field names are an interface to scripts and never change meaning. */
final class SessionsJson {
    private SessionsJson() {}

    static Answer page(SessionPage page) {
        return Answer.json(200, JsonDocument.of(json -> {
            json.writeStringField("self", page.server());
            json.writeStringField("role", page.role().stateName());
            json.writeArrayFieldStart("sessions");
            for (SessionSummary session : page.sessions()) {
                json.writeStartObject();
                summary(json, session);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeStringField("next", page.next());
        }));
    }

    static byte[] look(String self, ServerRole role, String active, SessionDetails details) {
        return JsonDocument.of(json -> {
            json.writeStringField("self", self);
            json.writeStringField("role", role.stateName());
            json.writeStringField("active", active);
            summary(json, details.summary());
            json.writeNumberField("epoch", details.epoch());
            json.writeBooleanField("committed", details.isCommitted());
            json.writeStringField("owner", details.owner());
            json.writeStringField("lastWriter", details.lastWriter());
            json.writeArrayFieldStart("attributeList");
            for (AttributeDetails attribute : details.attributes()) {
                json.writeStartObject();
                json.writeStringField("name", attribute.name());
                json.writeBooleanField("container", attribute.isContainer());
                json.writeNumberField("valueBytes", attribute.valueBytes());
                json.writeStringField("className", attribute.className());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeArrayFieldStart("copies");
            for (CopyDetails copy : details.copies()) {
                json.writeStartObject();
                json.writeStringField("server", copy.server());
                json.writeBooleanField("inSync", copy.isInSync());
                json.writeBooleanField("holdsVersion", copy.holdsVersion());
                json.writeNumberField("lagEntries", copy.lagEntries());
                json.writeEndObject();
            }
            json.writeEndArray();
        });
    }

    static Answer stats(SessionStats stats) {
        return Answer.json(200, JsonDocument.of(json -> {
            json.writeStringField("self", stats.server());
            json.writeStringField("role", stats.role().stateName());
            json.writeNumberField("sessions", stats.sessions());
            json.writeNumberField("payloadBytes", stats.payloadBytes());
            json.writeNumberField("largestBytes", stats.largestBytes());
            buckets(json, "sizes", "upToBytes", stats.sizes());
            buckets(json, "idle", "upToMs", stats.idle());
            buckets(json, "ages", "upToMs", stats.ages());
            json.writeArrayFieldStart("applications");
            for (ApplicationStats application : stats.applications()) {
                json.writeStartObject();
                json.writeStringField("application", application.application());
                json.writeNumberField("sessions", application.sessions());
                json.writeNumberField("payloadBytes", application.payloadBytes());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeNumberField("otherApplications", stats.otherApplications());
        }));
    }

    private static void summary(JsonGenerator json, SessionSummary session) throws IOException {
        json.writeStringField("application", session.application());
        json.writeStringField("id", session.id());
        json.writeNumberField("creationTimeMs", session.creationTimeMs());
        json.writeNumberField("lastAccessedTimeMs", session.lastAccessedTimeMs());
        json.writeNumberField("maxInactiveIntervalSec", session.maxInactiveIntervalSec());
        json.writeNumberField("lengthBytes", session.lengthBytes());
        json.writeNumberField("attributes", session.attributes());
        json.writeNumberField("version", session.version());
    }

    /** The last bucket, for all that is more, has no bound. */
    private static void buckets(JsonGenerator json, String name, String bound, List<Bucket> buckets)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (Bucket bucket : buckets) {
            json.writeStartObject();
            if (bucket.upTo() != Long.MAX_VALUE) {
                json.writeNumberField(bound, bucket.upTo());
            }
            json.writeNumberField("sessions", bucket.sessions());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}

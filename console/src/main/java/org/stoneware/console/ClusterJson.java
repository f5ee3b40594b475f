package org.stoneware.console;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import org.stoneware.api.cluster.ClientStatus;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.MemberFacts;
import org.stoneware.api.cluster.MemberState;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.StorageAdmin;
import org.stoneware.api.cluster.StorageStatus;
import org.stoneware.api.config.EffectiveConfiguration;

/**
 * The JSON of the REST interface but for sessions. Field names are an interface to scripts and never change meaning.
 */
final class ClusterJson {
    private ClusterJson() {}

    /** @param nowMs wall time of the answering server, so that a reader with another clock can tell how long ago something was. */
    static byte[] status(ClusterStatus status, StorageAdmin stores, long nowMs) {
        return JsonDocument.of(json -> {
            json.writeStringField("self", status.self());
            json.writeStringField("version", status.version());
            json.writeNumberField("timeMs", nowMs);
            json.writeNumberField("uptimeMs", status.uptimeMs());
            json.writeArrayFieldStart("servers");
            for (MemberStatus server : status.servers()) {
                server(json, server);
            }
            json.writeEndArray();
            json.writeArrayFieldStart("clients");
            for (ClientStatus client : status.clients()) {
                client(json, client);
            }
            json.writeEndArray();
            json.writeObjectFieldStart("storage");
            fields(json, status.storage());
            exchange(json, stores);
            json.writeEndObject();
            json.writeObjectFieldStart("counters");
            for (ClusterStatus.Counter counter : status.counters()) {
                json.writeNumberField(counter.name(), counter.value());
            }
            json.writeEndObject();
            JsonDocument.strings(json, "problems", status.problems());
        });
    }

    static byte[] events(String self, List<ClusterEvent> events) {
        return JsonDocument.of(json -> {
            json.writeStringField("self", self);
            json.writeArrayFieldStart("events");
            for (ClusterEvent event : events) {
                json.writeStartObject();
                fields(json, event);
                json.writeEndObject();
            }
            json.writeEndArray();
        });
    }

    static byte[] event(ClusterEvent event) {
        return JsonDocument.of(json -> fields(json, event));
    }

    /** The store in use, the ones that could be, and where an exchange stands. */
    static byte[] storage(String self, StorageStatus storage, StorageAdmin stores) {
        return JsonDocument.of(json -> {
            json.writeStringField("self", self);
            fields(json, storage);
            exchange(json, stores);
            json.writeArrayFieldStart("stores");
            for (StorageAdmin.Offer offer : stores.list()) {
                json.writeStartObject();
                json.writeStringField("mode", offer.mode());
                json.writeStringField("bundle", offer.bundle());
                json.writeStringField("version", offer.version());
                json.writeBooleanField("keepsSessions", offer.keepsSessions());
                json.writeBooleanField("inUse", offer.isInUse());
                json.writeStringField("remark", offer.remark());
                json.writeEndObject();
            }
            json.writeEndArray();
        });
    }

    private static void exchange(JsonGenerator json, StorageAdmin stores) throws IOException {
        json.writeBooleanField("moving", stores.isMoving());
        json.writeStringField("progress", stores.progress());
    }

    /** Every value in effect with its origin. */
    static byte[] configuration(EffectiveConfiguration configuration) {
        return JsonDocument.of(json -> {
            json.writeStringField("self", configuration.server());
            json.writeStringField("source", configuration.source());
            json.writeArrayFieldStart("settings");
            for (EffectiveConfiguration.Value setting : configuration.values()) {
                json.writeStartObject();
                json.writeStringField("name", setting.name());
                json.writeStringField("value", setting.value());
                json.writeStringField("origin", setting.origin());
                json.writeEndObject();
            }
            json.writeEndArray();
        });
    }

    static byte[] stopping(String self, String reason) {
        return accepted(self, "stopping", reason);
    }

    static byte[] handingOver(String self, String reason) {
        return accepted(self, "handingOver", reason);
    }

    private static byte[] accepted(String self, String what, String reason) {
        return JsonDocument.of(json -> {
            json.writeStringField("self", self);
            json.writeBooleanField(what, true);
            json.writeStringField("reason", reason);
        });
    }

    static byte[] appointed(String self, String reason) {
        return JsonDocument.of(json -> {
            json.writeStringField("self", self);
            json.writeBooleanField("appointed", true);
            json.writeStringField("reason", reason);
        });
    }

    static byte[] error(String what, String allowed, String todo) {
        return JsonDocument.of(json -> {
            json.writeObjectFieldStart("error");
            json.writeStringField("what", what);
            json.writeStringField("allowed", allowed);
            json.writeStringField("todo", todo);
            json.writeEndObject();
        });
    }

    private static void server(JsonGenerator json, MemberStatus server) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", server.name());
        json.writeStringField("host", server.host());
        json.writeStringField("role", server.role().stateName());
        json.writeStringField("detail", server.detail());
        json.writeNumberField("epoch", server.epoch());
        json.writeBooleanField("inSync", server.isInSync());
        json.writeBooleanField("reachable", server.isReachable());
        json.writeNumberField("sinceMs", server.sinceMs());
        json.writeNumberField("clientPort", server.clientPort());
        json.writeNumberField("jmxPort", server.jmxPort());
        json.writeNumberField("groupPort", server.groupPort());
        json.writeNumberField("managementPort", server.managementPort());
        facts(json, server.facts());
        json.writeEndObject();
    }

    /** A number nobody knows is left out. */
    private static void facts(JsonGenerator json, MemberFacts facts) throws IOException {
        JsonDocument.strings(
                json,
                "states",
                facts.states().stream().map(MemberState::externalName).toList());
        known(json, "progressPercent", facts.progressPercent());
        known(json, "lagEntries", facts.lagEntries());
        known(json, "sessions", facts.sessions());
        known(json, "uptimeMs", facts.uptimeMs());
        json.writeStringField("storageMode", facts.storageMode());
        json.writeStringField("lastChange", facts.lastChange());
    }

    private static void known(JsonGenerator json, String name, long value) throws IOException {
        if (value != MemberFacts.UNKNOWN) {
            json.writeNumberField(name, value);
        }
    }

    private static void client(JsonGenerator json, ClientStatus client) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", client.name());
        json.writeStringField("clientId", client.clientId());
        json.writeStringField("address", client.address());
        json.writeStringField("version", client.version());
        JsonDocument.strings(json, "applications", client.applications());
        json.writeNumberField("ownedSessions", client.ownedSessions());
        json.writeBooleanField("connected", client.isConnected());
        json.writeEndObject();
    }

    private static void fields(JsonGenerator json, ClusterEvent event) throws IOException {
        json.writeNumberField("sequence", event.sequence());
        json.writeNumberField("timeMs", event.timeMs());
        json.writeStringField("type", event.type());
        json.writeStringField("text", event.text());
        json.writeBooleanField("warning", event.isWarning());
    }

    private static void fields(JsonGenerator json, StorageStatus storage) throws IOException {
        json.writeStringField("configuredMode", storage.configuredMode());
        json.writeStringField("mode", storage.mode());
        json.writeStringField("detail", storage.detail());
        json.writeNumberField("sessions", storage.sessions());
        json.writeNumberField("payloadBytes", storage.payloadBytes());
        json.writeNumberField("memoryUsedBytes", storage.memoryUsedBytes());
        json.writeNumberField("memoryMaxBytes", storage.memoryMaxBytes());
        json.writeNumberField("diskUsedBytes", storage.diskUsedBytes());
        json.writeNumberField("diskMaxBytes", storage.diskMaxBytes());
    }
}

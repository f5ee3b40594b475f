package org.stoneware.console;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.CharArrayWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.stoneware.api.cluster.ClientStatus;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.StorageStatus;

/**
 * The JSON of the REST interface. Field names are an interface to scripts and never change meaning.
 * <p>
 * Everything beyond ASCII is escaped, so that a name with control characters, half a surrogate pair or text-direction marks can neither
 * break the document nor do anything to a terminal it is printed on.
 */
final class ClusterJson {
    private static final JsonFactory JSON =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private ClusterJson() {}

    /** @param nowMs wall time of the answering server, so that a reader with another clock can tell how long ago something was. */
    static byte[] status(ClusterStatus status, long nowMs) {
        return document(json -> {
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
            json.writeEndObject();
            json.writeObjectFieldStart("counters");
            for (ClusterStatus.Counter counter : status.counters()) {
                json.writeNumberField(counter.name(), counter.value());
            }
            json.writeEndObject();
            strings(json, "problems", status.problems());
        });
    }

    static byte[] events(String self, List<ClusterEvent> events) {
        return document(json -> {
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
        return document(json -> fields(json, event));
    }

    static byte[] storage(String self, StorageStatus storage) {
        return document(json -> {
            json.writeStringField("self", self);
            fields(json, storage);
        });
    }

    static byte[] stopping(String self, String reason) {
        return accepted(self, "stopping", reason);
    }

    static byte[] handingOver(String self, String reason) {
        return accepted(self, "handingOver", reason);
    }

    private static byte[] accepted(String self, String what, String reason) {
        return document(json -> {
            json.writeStringField("self", self);
            json.writeBooleanField(what, true);
            json.writeStringField("reason", reason);
        });
    }

    static byte[] appointed(String self, String reason) {
        return document(json -> {
            json.writeStringField("self", self);
            json.writeBooleanField("appointed", true);
            json.writeStringField("reason", reason);
        });
    }

    static byte[] error(String what, String allowed, String todo) {
        return document(json -> {
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
        json.writeEndObject();
    }

    private static void client(JsonGenerator json, ClientStatus client) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", client.name());
        json.writeStringField("clientId", client.clientId());
        json.writeStringField("address", client.address());
        json.writeStringField("version", client.version());
        strings(json, "applications", client.applications());
        json.writeNumberField("ownedSessions", client.ownedSessions());
        json.writeBooleanField("connected", client.isConnected());
        json.writeEndObject();
    }

    private static void fields(JsonGenerator json, ClusterEvent event) throws IOException {
        json.writeNumberField("sequence", event.sequence());
        json.writeNumberField("timeMs", event.timeMs());
        json.writeStringField("type", event.type());
        json.writeStringField("text", event.text());
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

    private static void strings(JsonGenerator json, String name, List<String> values) throws IOException {
        json.writeArrayFieldStart(name);
        for (String value : values) {
            json.writeString(value);
        }
        json.writeEndArray();
    }

    private static byte[] document(Fields fields) {
        CharArrayWriter text = new CharArrayWriter(1024);
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            fields.writeTo(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail", e);
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The fields of a document's outermost object. */
    @FunctionalInterface
    private interface Fields {
        void writeTo(JsonGenerator json) throws IOException;
    }
}

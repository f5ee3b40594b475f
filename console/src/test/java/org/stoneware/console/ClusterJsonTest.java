package org.stoneware.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterJsonTest {
    private final FakeManagement management = new FakeManagement();

    @Test
    void shouldKeepTheFieldsScriptsRelyOn() throws Exception {
        management.problems = List.of("standby is missing");

        Map<?, ?> status =
                Json.object(ClusterJson.status(management.status(), management.storage(), 1_795_362_000_500L));

        assertThat(keys(status))
                .containsExactly(
                        "self",
                        "version",
                        "timeMs",
                        "uptimeMs",
                        "servers",
                        "clients",
                        "storage",
                        "counters",
                        "problems");
        assertThat(first(status, "servers"))
                .isEqualTo(Map.ofEntries(
                        Map.entry("name", "Server1"),
                        Map.entry("host", "127.0.0.1"),
                        Map.entry("role", "ACTIVE-COORDINATOR"),
                        Map.entry("detail", ""),
                        Map.entry("epoch", 7L),
                        Map.entry("inSync", true),
                        Map.entry("reachable", true),
                        Map.entry("sinceMs", 1_795_362_000_000L),
                        Map.entry("clientPort", 9510L),
                        Map.entry("jmxPort", 9520L),
                        Map.entry("groupPort", 9530L),
                        Map.entry("managementPort", 9540L),
                        Map.entry("states", List.of("solo")),
                        Map.entry("sessions", 1_240L),
                        Map.entry("uptimeMs", 754_000L),
                        Map.entry("storageMode", "memory"),
                        Map.entry("lastChange", "alone")));
        assertThat(first(status, "clients"))
                .isEqualTo(Map.of(
                        "name", "tomcat-a",
                        "clientId", "00c0ffee00c0ffee",
                        "address", "127.0.0.1:40112",
                        "version", "0.1.0",
                        "applications", List.of("/", "/shop"),
                        "ownedSessions", 1017L,
                        "connected", true));
        assertThat(keys((Map<?, ?>) status.get("storage")))
                .containsExactly(
                        "configuredMode",
                        "mode",
                        "detail",
                        "sessions",
                        "payloadBytes",
                        "memoryUsedBytes",
                        "memoryMaxBytes",
                        "diskUsedBytes",
                        "diskMaxBytes",
                        "moving",
                        "progress");
        assertThat(status.get("counters")).isEqualTo(Map.of("requests.read", 48_211L, "requests.commit", 20_118L));
        assertThat(status.get("problems")).isEqualTo(List.of("standby is missing"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "</script><script>alert(1)</script>",
                "\"},\"role\":\"ACTIVE-COORDINATOR\",{\"",
                "line\r\nSet-Cookie: a=b",
                "\u001b[2J\u009b31m\u0007\u0000",
                "\u202etacmot\u2066 \u2028\u2029",
                "\ud800 half a pair",
                "\udc00",
                "\ud83d\ude00 \u4e2d\u6587"
            })
    void shouldCarryAHostileNameUnchangedInPlainAscii(String name) throws Exception {
        management.clientName = name;

        byte[] document = ClusterJson.status(management.status(), management.storage(), 1_795_362_000_500L);

        assertThat(new String(document, StandardCharsets.ISO_8859_1)).matches("[\\x20-\\x7e]*");
        assertThat(first(Json.object(document), "clients").get("name")).isEqualTo(name);
    }

    @Test
    void shouldSayWhatIsAllowedAndWhatToDo() throws Exception {
        Map<?, ?> document = Json.object(ClusterJson.error("no", "yes", "do"));

        assertThat(document).isEqualTo(Map.of("error", Map.of("what", "no", "allowed", "yes", "todo", "do")));
    }

    private static List<String> keys(Map<?, ?> object) {
        return object.keySet().stream().map(Object::toString).toList();
    }

    private static Map<?, ?> first(Map<?, ?> status, String list) {
        return (Map<?, ?>) ((List<?>) status.get(list)).get(0);
    }
}

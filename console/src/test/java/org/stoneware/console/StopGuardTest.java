package org.stoneware.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.config.ManagementAccess;

class StopGuardTest {
    @TempDir
    Path dataDirectory;

    private StopGuard guard;
    private String bearer;

    @BeforeEach
    void create() throws Exception {
        StopToken token = StopToken.create(dataDirectory);
        guard = new StopGuard(token, nobody(token), "Shop1.example");
        bearer = "Bearer " + Files.readString(token.file()).trim();
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1,127.0.0.1", "127.0.0.9,127.0.0.2", "::1,::1", "192.0.2.7,192.0.2.7"})
    void shouldLetAProgramOfThisMachineStop(String remote, String local) {
        assertThat(guard.refusal(request(remote, local, "localhost:9540", bearer)))
                .isNull();
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.8,192.0.2.7", "10.0.0.1,127.0.0.1", "2001:db8::1,::1"})
    void shouldRefuseAnotherMachineEvenWithTheToken(String remote, String local) {
        Answer refusal = guard.refusal(request(remote, local, "localhost:9540", bearer));

        assertThat(refusal).isNotNull();
        assertThat(refusal.status()).isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"localhost", "LOCALHOST:9540", "127.0.0.1:9540", "[::1]:9540", "192.0.2.7", "shop1.EXAMPLE:9540"
            })
    void shouldAcceptItsOwnNames(String host) {
        assertThat(guard.refusal(request("127.0.0.1", "127.0.0.1", host, bearer)))
                .isNull();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "",
                "evil.example",
                "127.0.0.1.evil.example",
                "evil.example:127.0.0.1",
                "localhost.evil.example:9540",
                "1270.0.0.1",
                "127.0.0.1:9540:1",
                "[evil]",
                "user@localhost"
            })
    void shouldRefuseAnotherHostName(String host) {
        Answer refusal = guard.refusal(request("127.0.0.1", "127.0.0.1", host, bearer));

        assertThat(refusal).isNotNull();
        assertThat(refusal.status()).isEqualTo(403);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "Bearer", "Bearer ", "Bearer 00", "Basic YTpi", "\u00ff"})
    void shouldRefuseAWrongToken(String authorization) {
        Answer refusal = guard.refusal(request("127.0.0.1", "127.0.0.1", "localhost", authorization));

        assertThat(refusal).isNotNull();
        assertThat(refusal.status()).isEqualTo(401);
    }

    @Test
    void shouldRefuseThePrefixOfTheToken() {
        Answer refusal =
                guard.refusal(request("127.0.0.1", "127.0.0.1", "localhost", bearer.substring(0, bearer.length() - 1)));

        assertThat(refusal).isNotNull();
    }

    @Test
    void shouldRefuseEverybodyWhenThereIsNoToken() {
        Answer refusal = new StopGuard(null, nobody(null), "shop1.example")
                .refusal(request("127.0.0.1", "127.0.0.1", "localhost", "Bearer null"));

        assertThat(refusal).isNotNull();
        assertThat(refusal.status()).isEqualTo(403);
    }

    private static ReadGuard nobody(StopToken token) {
        return new ReadGuard(ManagementAccess.NONE, "shop1.example", token, new FakeManagement());
    }

    private static Request request(String remote, String local, String host, String authorization) {
        return new Request(
                "POST",
                "/api/v1/stop",
                null,
                new InetSocketAddress(remote, 40000),
                new InetSocketAddress(local, 9540),
                host,
                authorization,
                null,
                null,
                null);
    }
}

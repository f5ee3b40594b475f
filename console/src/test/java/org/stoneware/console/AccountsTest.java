package org.stoneware.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.config.ManagementAccess;
import org.stoneware.console.ReadGuard.Secrecy;

/** The management port of a server with {@code <authentication>}. */
@Timeout(60)
class AccountsTest {
    @TempDir
    Path dataDirectory;

    private RunningPort port;

    @BeforeEach
    void open() throws Exception {
        port = new RunningPort(dataDirectory, Users.AND_RIGHTS);
    }

    @AfterEach
    void close() throws Exception {
        port.close();
    }

    @Test
    void shouldShowSessionsToUsersOnly() throws Exception {
        HttpResponse<String> nobody = port.get("/api/v1/sessions");

        assertThat(nobody.statusCode()).isEqualTo(401);
        assertThat(nobody.headers().firstValue("WWW-Authenticate"))
                .hasValueSatisfying(asked -> assertThat(asked).startsWith("Basic realm="));
        assertThat(port.ask("GET", "/api/v1/sessions", "Authorization", basic("ann:sees"))
                        .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ann:guess", "ann", ":", "carl:sees", "ann:sees:"})
    void shouldRefuseAWrongPasswordAndTellOfIt(String credentials) throws Exception {
        HttpResponse<String> answer = port.ask("GET", "/api/v1/cluster", "Authorization", basic(credentials));

        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(port.management.refusedLogIns).containsExactly("management port 127.0.0.1");
    }

    @Test
    void shouldRefuseWhatIsNoCredentials() throws Exception {
        assertThat(port.ask("GET", "/api/v1/cluster", "Authorization", "Basic !!!")
                        .statusCode())
                .isEqualTo(401);
        assertThat(port.ask("GET", "/api/v1/cluster", "Authorization", "Basic " + "A".repeat(5_000))
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void shouldLetChangeWhoMayAndNobodyElse() throws Exception {
        String header = StopGuard.USER_HEADER;
        HttpResponse<String> looker =
                port.ask("POST", "/api/v1/stop", "Authorization", basic("ann:sees"), header, "test");
        HttpResponse<String> fromAPage = port.ask("POST", "/api/v1/stop", "Authorization", basic("bea:does"));
        assertThat(port.management.stops).isEmpty();

        HttpResponse<String> changer =
                port.ask("POST", "/api/v1/stop", "Authorization", basic("bea:does"), header, "test");

        assertThat(looker.statusCode()).isEqualTo(403);
        assertThat(fromAPage.statusCode()).isEqualTo(403);
        assertThat(fromAPage.body()).contains(header);
        assertThat(changer.statusCode()).isEqualTo(202);
        assertThat(port.management.stops).containsExactly("force=false by=management port, 127.0.0.1, user bea");
    }

    @Test
    void shouldStillObeyTheTokenOfThisMachine() throws Exception {
        assertThat(port.stop("", port.secret()).statusCode()).isEqualTo(202);
        assertThat(port.ask("GET", "/api/v1/sessions", "Authorization", "Bearer " + port.secret())
                        .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "OPEN,10.0.0.7,,true",
        "FACTS,10.0.0.7,,false",
        "FACTS,10.0.0.7,ann:sees,true",
        "FACTS,10.0.0.7,ann:guess,false",
        "FACTS,127.0.0.1,,true",
        "SESSIONS,127.0.0.1,,false",
        "SESSIONS,10.0.0.7,,false",
        "SESSIONS,10.0.0.7,ann:sees,true"
    })
    void shouldShowFactsToThisMachineAndTheRestToUsers(
            Secrecy secrecy, String from, String credentials, boolean isShown) {
        assertThat(isShown(Users.AND_RIGHTS, secrecy, from, credentials)).isEqualTo(isShown);
    }

    @ParameterizedTest
    @CsvSource({
        "OPEN,10.0.0.7,true",
        "FACTS,10.0.0.7,true",
        "FACTS,127.0.0.1,true",
        "SESSIONS,127.0.0.1,true",
        "SESSIONS,10.0.0.7,false"
    })
    void shouldShowSessionsToThisMachineOnlyWhileThereAreNoUsers(Secrecy secrecy, String from, boolean isShown) {
        assertThat(isShown(ManagementAccess.NONE, secrecy, from, null)).isEqualTo(isShown);
    }

    private boolean isShown(ManagementAccess access, Secrecy secrecy, String from, String credentials) {
        Request request = new Request(
                "GET",
                "/",
                null,
                new InetSocketAddress(from, 40000),
                new InetSocketAddress("127.0.0.1", 9540),
                "127.0.0.1:9540",
                credentials == null ? null : basic(credentials),
                null,
                null,
                null);
        return new ReadGuard(access, "shop1.example", port.token, port.management).refusal(request, secrecy) == null;
    }

    private static String basic(String credentials) {
        return "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
    }
}

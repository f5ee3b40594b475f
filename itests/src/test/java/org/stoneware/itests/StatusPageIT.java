package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.Await;
import org.stoneware.demo.ChildProcess;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.ServerProcess;

/**
 * What a person sees in a browser while servers come and go; the page is never loaded anew for it. Pictures go to
 * {@code target/status-page}, or where the property {@code stoneware.screenshots} says.
 */
class StatusPageIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int DESKTOP_WIDTH = 1280;
    private static final int PHONE_WIDTH = 390;
    private static final int NARROW_PHONE_WIDTH = 360;
    /** Of a card: its server, badge and words; {@code Server1 A Active}. */
    private static final String CARDS = "[...document.querySelectorAll('.card')].map(card =>"
            + " card.querySelector('.name').textContent + ' ' + card.querySelector('.badge').textContent + ' '"
            + " + card.querySelector('.role').textContent).join('\\n')";

    private static final String HOSTILE = "<img src=x onerror=window.pwned=1>\\u202e\\u001b[2J";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private final Path pictures = Path.of(System.getProperty("stoneware.screenshots", "target/status-page"));
    private TestServerArray array;
    private HeadlessBrowser browser;

    @RegisterExtension
    private final ReportOnFailure report = new ReportOnFailure(() -> (array == null ? "" : array.report())
            + (browser == null ? "" : "\npage:\n" + browser.text("document.body.innerText")));

    @BeforeEach
    void open() throws IOException {
        Optional<Path> program = HeadlessBrowser.installed();
        assumeTrue(program.isPresent(), "no Chromium here: install the package chromium to test the page in a browser");
        array = TestServerArray.create(directory, "Server1", "Server2");
        browser = HeadlessBrowser.start(program.get(), directory.resolve("browser"));
    }

    @AfterEach
    void close() throws IOException {
        if (browser != null) {
            browser.close();
        }
        if (array != null) {
            array.close();
            array.requireNoErrors();
        }
    }

    @Test
    void shouldShowServersComeAndGoWhileItIsOpen() throws IOException {
        ServerProcess first = array.start("Server1").awaitRole(Cluster.ACTIVE);
        browser.size(DESKTOP_WIDTH, 900, false);
        browser.open(first.member().management() + "/");
        awaitCards("Server1 A Active\nServer2 S Stopped");
        browser.picture(pictures.resolve("status-a-only-server1.png"));

        ServerProcess second = array.start("Server2").awaitRole(Cluster.STANDBY);
        awaitCards("Server1 A Active\nServer2 P Passive-Standby");
        awaitText("#events", "is reached");
        browser.picture(pictures.resolve("status-b-server2-joined.png"));
        requireNoScrollingSideways();

        browser.open(second.member().management() + "/");
        awaitCards("Server1 A Active\nServer2 P Passive-Standby");
        first.process().killHard();
        awaitCards("Server1 S Stopped since");
        awaitCards("Server2 A Active");
        awaitText("#summary", "Server2 is active, no standby is ready to take over");
        browser.picture(pictures.resolve("status-c-server1-killed.png"));

        browser.size(PHONE_WIDTH, 844, true);
        awaitCards("Server2 A Active");
        requireNoScrollingSideways();
        browser.picture(pictures.resolve("status-c-on-a-phone.png"));
        browser.size(NARROW_PHONE_WIDTH, 780, true);
        awaitCards("Server2 A Active");
        requireNoScrollingSideways();
        requireKeyboard();
        requireWholeWordsInTheTableOfTomcats();
        requireHarmlessNames();
        String from = first.member().management() + "/";
        String to = second.member().management() + "/";
        assertThat(browser.requested()).isNotEmpty().allMatch(url -> url.startsWith(from) || url.startsWith(to));
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void shouldShowWhereSessionsAreMovingTo() throws IOException {
        ServerProcess first = array.start("Server1").awaitRole(Cluster.ACTIVE);
        browser.size(DESKTOP_WIDTH, 900, false);
        browser.open(first.member().management() + "/");
        awaitCards("Server1 A Active");
        String before = browser.text("document.querySelector('#storage').innerText");
        String moveTo = before.contains("temporary-swap-only") ? "memory" : "temporary-swap-only";

        use(moveTo);

        awaitText("#storage", moveTo);
        awaitText("#storage", "Configured");
        awaitText("#storage", "stands by should it fail");
        awaitText("#events", "store-exchanged");
        browser.text("(document.querySelector('#storage-title').scrollIntoView(), 'scrolled')");
        browser.picture(Path.of("target/status-page/status-d-store-exchanged.png"));
        browser.size(NARROW_PHONE_WIDTH, 780, true);
        awaitText("#storage", moveTo);
        requireNoScrollingSideways();
    }

    private void use(String mode) throws IOException {
        try (ChildProcess shell = ChildProcess.start(
                "shell",
                List.of(
                        Layout.distribution().resolve("bin/shell").toString(),
                        "-f",
                        array.config().file().toString(),
                        "-n",
                        "Server1",
                        "storage:use",
                        mode,
                        "--here"),
                Map.of(),
                directory,
                directory.resolve("shell.txt"))) {
            assertThat(shell.awaitExit(PATIENCE)).as(shell.output()).isZero();
        }
    }

    /** However many applications a Tomcat serves, words of the other columns stay in one line. */
    private void requireWholeWordsInTheTableOfTomcats() {
        browser.size(DESKTOP_WIDTH, 900, false);
        String broken = browser.text("(hangUp(), clearTimeout(retry), keyed(byId('clients'), [1, 2].map(n => ({name:"
                + " 'shop' + n + '/apache-tomcat-10.1.59', clientId: 'cf8875bf4aa5f131009a0f94e95fa8a' + n,"
                + " address: '192.168.100.1' + n + ':59524', version: '0.1.0', connected: n === 1, ownedSessions: 12345,"
                + " applications: ['', 'docs', 'examples', 'host-manager', 'manager', 'shop', 'admin'].map(app =>"
                + " 'localhost/' + app)})), client => client.clientId, createClient, updateClient),"
                + " setHidden(byId('clients-table'), false),"
                + " [...document.querySelectorAll('#clients-table thead th, #clients .state, #clients .address,"
                + " #clients .owned, #clients .version')].filter(node => { const range = document.createRange();"
                + " range.selectNodeContents(node); return range.getClientRects().length > 1 &&"
                + " !node.textContent.includes(' '); }).map(node => node.textContent).join(', '))");

        assertThat(broken).isEmpty();
        requireNoScrollingSideways();
    }

    /** The first key leads to the way past the header, and Enter there to the servers. */
    private void requireKeyboard() {
        browser.press("Tab");
        assertThat(browser.text("document.activeElement.className")).isEqualTo("skip");
        assertThat(browser.text(
                        "[...document.querySelectorAll('a[href], summary')].every(node => node.tabIndex === 0)"))
                .isEqualTo("true");
    }

    private void requireNoScrollingSideways() {
        assertThat(browser.text("document.documentElement.scrollWidth <= window.innerWidth"))
                .as("nothing is wider than the page")
                .isEqualTo("true");
    }

    /** Names that try to be HTML are shown as the text they are. */
    private void requireHarmlessNames() {
        String shown = browser.text("(hangUp(), clearTimeout(retry), fetch = null, show({self: '" + HOSTILE
                + "', version: '" + HOSTILE + "', timeMs: 1, uptimeMs: 1, problems: ['" + HOSTILE
                + "'], counters: {'" + HOSTILE + "': 1}, storage: {mode: '" + HOSTILE + "', configuredMode: '" + HOSTILE
                + "', detail: '" + HOSTILE + "', progress: '" + HOSTILE
                + "', sessions: 1, payloadBytes: 1, memoryUsedBytes: 1, memoryMaxBytes: 1,"
                + " diskUsedBytes: 0, diskMaxBytes: 0}, clients: [{name: '" + HOSTILE + "', clientId: '" + HOSTILE
                + "', address: '" + HOSTILE + "', version: '" + HOSTILE + "', applications: ['" + HOSTILE
                + "'], ownedSessions: 1, connected: true}], servers: [{name: '" + HOSTILE + "', host: '" + HOSTILE
                + "', role: '" + HOSTILE + "', detail: '" + HOSTILE + "', epoch: 1, inSync: true, reachable: true,"
                + " sinceMs: 1, clientPort: 1, jmxPort: 1, groupPort: 1, managementPort: 1, states: ['" + HOSTILE
                + "'], sessions: 1, uptimeMs: 1, storageMode: '" + HOSTILE
                + "', lastChange: '" + HOSTILE + "'}]}), showEvents([{sequence: 1, timeMs: 1, warning: true, type: '"
                + HOSTILE + "', text: '" + HOSTILE + "'}]), document.body.innerText)");

        assertThat(shown).contains("<img src=x onerror=window.pwned=1>").doesNotContain("\u202e", "\u001b");
        assertThat(browser.text("document.querySelectorAll('main img').length + ' ' + window.pwned"))
                .isEqualTo("0 undefined");
    }

    private void awaitCards(String expected) {
        Await.until(
                "cards show " + expected,
                PATIENCE,
                () -> browser.text(CARDS).contains(expected),
                () -> browser.text(CARDS));
    }

    private void awaitText(String selector, String expected) {
        String expression = "document.querySelector('" + selector + "').innerText";
        Await.until(
                selector + " shows " + expected,
                PATIENCE,
                () -> browser.text(expression).contains(expected),
                () -> browser.text(expression));
    }
}

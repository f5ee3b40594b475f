package org.stoneware.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.launcher.probe.ConfigurationProbe;
import org.stoneware.launcher.probe.FailingComponent;
import org.stoneware.launcher.probe.FatalProbe;
import org.stoneware.launcher.probe.SlowStopProbe;
import org.stoneware.launcher.probe.WaitingComponent;

/** Real processes: the launcher, Felix, Declarative Services and the configuration's bundle. */
@Timeout(60)
class ServerProcessTest {
    private static final List<String> MEMORY = List.of("Provide-Capability: org.stoneware.storage;mode=memory");

    @TempDir
    Path directory;

    private TestHome home;

    @BeforeEach
    void install() throws IOException {
        home = new TestHome(directory).config("").bundles();
    }

    @Test
    void shouldConfigureTheComponentsNameWhatIsBrokenAndStopCleanlyOnSigterm() throws Exception {
        home.bundle(3, "test.memory", MEMORY, "")
                .bundle(4, "test.unresolved", List.of("Import-Package: no.such.package"), "")
                .bundle(4, "test.failing", ds(), component(FailingComponent.class, ""), FailingComponent.class)
                .bundle(
                        4,
                        "test.waiting",
                        ds(),
                        component(
                                WaitingComponent.class,
                                "<reference name='store' interface='java.lang.Runnable' target='(storage.mode=none)'/>"),
                        WaitingComponent.class)
                .bundle(
                        5,
                        "test.probe",
                        List.of(
                                "Bundle-Activator: " + ConfigurationProbe.class.getName(),
                                "Import-Package: org.osgi.framework,org.osgi.service.cm"),
                        "",
                        ConfigurationProbe.class);
        Process process = home.spawn("start-server");
        List<String> lines = new ArrayList<>();

        readUntil(process, lines, "waits for reference 'store'");
        int second = home.run("start-server");
        process.toHandle().destroy();
        readUntil(process, lines, "has ended");

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(ExitCode.CLEAN);
        assertThat(second).isEqualTo(ExitCode.FAILED);
        assertThat(home.err()).contains("is in use by another process (pid " + process.pid() + ")");
        String output = String.join("\n", lines);
        assertThat(output)
                .contains("configuration: " + home.path("conf/tc-config.xml"))
                .contains("memory stands in for temporary-swap-only")
                .contains("probe: settings there")
                .contains("probe: org.stoneware.liveness ")
                .contains("probe: org.stoneware.storage.memory ")
                .contains("probe: org.stoneware.transport.aeron ")
                .contains("probe: org.stoneware.election.register ")
                .contains("store.target=(storage.mode=memory), transport.target=(transport.name=aeron)")
                .contains("bundle test.unresolved 1.0.0 does not resolve: missing package no.such.package")
                .contains("component failing (bundle test.failing) failed to activate: ")
                .contains("planted fault")
                .contains(
                        "component waiting (bundle test.waiting) waits for reference 'store': no java.lang.Runnable with"
                                + " (storage.mode=none) is registered");
        assertThat(output).doesNotContain("\tat ");
        assertThat(home.path("data/Server1/stoneware.lock")).hasContent("");
        assertThat(Files.readString(home.path("logs/Server1/stoneware-server.log")))
                .contains("waits for reference 'store'")
                .contains("at " + FailingComponent.class.getName() + ".<init>")
                .contains("stopping: SIGTERM");
    }

    /** The terminal of a server in the foreground is closed while it stops. */
    @Test
    void shouldNotCutAnOrderlyStopOffOnSighup() throws Exception {
        assumeFalse(isHangUpIgnored(), "SIGHUP is ignored here, as under nohup, and a process begun here can't get it");
        home.bundle(3, "test.memory", MEMORY, "")
                .bundle(
                        4,
                        "test.slow",
                        List.of(
                                "Bundle-Activator: " + SlowStopProbe.class.getName(),
                                "Import-Package: org.osgi.framework"),
                        "",
                        SlowStopProbe.class);
        Process process = home.spawn("start-server");
        List<String> lines = new ArrayList<>();
        readUntil(process, lines, "probe: started");
        process.toHandle().destroy();
        readUntil(process, lines, "probe: stopping");

        new ProcessBuilder("kill", "-HUP", String.valueOf(process.pid()))
                .start()
                .waitFor();

        readUntil(process, lines, "probe: stopped");
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    /** Whoever begins a process hands on which signals are ignored; see proc(5). */
    private static boolean isHangUpIgnored() throws IOException {
        Path status = Path.of("/proc/self/status");
        List<String> lines = Files.exists(status) ? Files.readAllLines(status) : List.of();
        return lines.stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .anyMatch(line -> (Long.parseUnsignedLong(
                                        line.substring("SigIgn:".length()).trim(), 16)
                                & 1)
                        != 0);
    }

    @Test
    void shouldEndWithTwoWhenNoBundleOffersTheConfiguredStore() throws Exception {
        home.config("<dso><persistence><mode>permanent-store</mode></persistence></dso>")
                .bundle(3, "test.memory", MEMORY, "");

        Process process = home.spawn("start-server");
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(output).contains("storage mode 'permanent-store' is configured, but no installed bundle offers it");
        assertThat(output).doesNotContain("\tat ");
    }

    @Test
    void shouldNameBothVersionsOfAPartThatIsInTheBundleSetTwice() throws Exception {
        String name = "Bundle-SymbolicName: org.stoneware.election";
        home.bundle(3, "test.memory", MEMORY, "")
                .bundle(6, "election-old", List.of(name), "")
                .bundle(6, "election-new", List.of(name, "Bundle-Version: 2.0.0"), "");

        Process process = home.spawn("start-server");
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(output)
                .contains("election-old.jar and ")
                .contains("election-new.jar are the same bundle, org.stoneware.election; name one of them in ")
                .contains("default.list");
    }

    @Test
    void shouldEndWithTheCodeAComponentAsksFor() throws Exception {
        home.bundle(3, "test.memory", MEMORY, "")
                .bundle(
                        4,
                        "test.fatal",
                        List.of(
                                "Bundle-Activator: " + FatalProbe.class.getName(),
                                "Import-Package: org.osgi.framework"),
                        "",
                        FatalProbe.class);

        Process process = home.spawn("start-server");
        process.getInputStream().readAllBytes();

        assertThat(process.waitFor()).isEqualTo(ExitCode.FATAL);
    }

    private static List<String> ds() {
        return List.of(
                "Service-Component: component.xml",
                "Require-Capability: osgi.extender;filter:=\"(osgi.extender=osgi.component)\"");
    }

    private static String component(Class<?> type, String reference) {
        String name = type.getSimpleName().replace("Component", "").toLowerCase(Locale.ROOT);
        return "<scr:component xmlns:scr='http://www.osgi.org/xmlns/scr/v1.3.0' name='" + name
                + "' immediate='true'><implementation class='" + type.getName() + "'/>" + reference
                + "</scr:component>";
    }

    private static void readUntil(Process process, List<String> lines, String text) throws IOException {
        BufferedReader reader = process.inputReader(StandardCharsets.UTF_8);
        String line = reader.readLine();
        while (line != null) {
            lines.add(line);
            if (line.contains(text)) {
                return;
            }
            line = reader.readLine();
        }
        throw new AssertionError("'" + text + "' never came; output:\n" + String.join("\n", lines));
    }
}

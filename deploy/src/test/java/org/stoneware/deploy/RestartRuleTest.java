package org.stoneware.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.Version;

class RestartRuleTest {
    private static final String ELECTION = "org.stoneware.spi.election.ElectionProvider";
    private static final String TRANSPORT = "org.stoneware.spi.transport.TransportProvider";
    private static final String STORE = "org.stoneware.spi.storage.SessionStoreProvider";
    private static final Map<String, Set<Version>> RUNNING = Map.of(
            "org.stoneware.election", versions("0.1.0"),
            "org.stoneware.api", versions("0.1.0"),
            "org.stoneware.storage.engine", versions("0.1.0"),
            "org.stoneware.storage.swap", versions("0.1.0"),
            "com.example.library", versions("1.0.0"));

    @ParameterizedTest
    @ValueSource(strings = {"0.0.9", "0.1.0", "0.2.0"})
    void shouldRefuseTheElectionInUseInAnyVersionAndSayWhatToDo(String version) {
        String refusal = refusal("org.stoneware.election", version, Set.of(ELECTION));

        assertThat(refusal)
                .contains("it offers the server's election")
                .contains("into bundles/")
                .contains("in place of the one in use")
                .contains("restart the standby, hand over, then restart the other server")
                .contains("take it out of deploy/");
    }

    @Test
    void shouldRefuseATransportOfAnotherName() {
        String refusal = refusal("com.example.quic", "1.0.0", Set.of(TRANSPORT));

        assertThat(refusal).contains("it offers the server's transport").doesNotContain("in place of");
    }

    @Test
    void shouldRefuseAPartOfTheServerThatOffersATransportBesideAStore() {
        BundleFile both = new BundleFile(
                new File("both.jar"), "com.example.both", new Version("1.0.0"), true, Set.of(STORE, TRANSPORT), null);

        assertThat(RestartRule.refusal(both, RUNNING)).contains("transport");
        assertThat(RestartRule.isStore(both)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"org.stoneware.api", "com.example.library"})
    void shouldRefuseWhatTheBundleSetHasStarted(String name) {
        assertThat(refusal(name, "3.0.0", Set.of())).contains("it is part of the running server");
    }

    @ParameterizedTest
    @ValueSource(strings = {"org.stoneware.election", "system.bundle", "org.apache.felix.framework"})
    void shouldRefuseFragmentsOfTheServer(String host) {
        BundleFile fragment = new BundleFile(
                new File("fragment.jar"), "com.example.fragment", new Version("1.0.0"), false, Set.of(), host);

        assertThat(RestartRule.refusal(fragment, RUNNING)).contains("it is a fragment of " + host);
    }

    @Test
    void shouldRefuseTheVersionOfAStoresLibraryThatIsInUseAndTakeAnother() {
        assertThat(refusal("org.stoneware.storage.engine", "0.1.0", Set.of())).contains("higher Bundle-Version");
        assertThat(refusal("org.stoneware.storage.engine", "0.2.0", Set.of())).isEmpty();
    }

    @Test
    void shouldTakeStoresAndWhatIsNoneOfTheServersBusiness() {
        BundleFile store = new BundleFile(
                new File("store.jar"), "org.stoneware.storage.swap", new Version("0.2.0"), true, Set.of(STORE), null);
        BundleFile fragment = new BundleFile(
                new File("fragment.jar"), "com.example.fragment", new Version("1.0.0"), false, Set.of(), "com.example");

        assertThat(RestartRule.refusal(store, RUNNING)).isEmpty();
        assertThat(RestartRule.isStore(store)).isTrue();
        assertThat(RestartRule.refusal(fragment, RUNNING)).isEmpty();
        assertThat(refusal("com.example.commands", "1.0.0", Set.of("com.example.Commands")))
                .isEmpty();
    }

    private static String refusal(String name, String version, Set<String> services) {
        BundleFile bundle = new BundleFile(new File(name + ".jar"), name, new Version(version), false, services, null);
        return RestartRule.refusal(bundle, RUNNING);
    }

    private static Set<Version> versions(String version) {
        return Set.of(new Version(version));
    }
}

package org.stoneware.config.selfcheck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.SessionAdmin.SessionQuery;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;

/** Management while the core of the server does not run. */
class StandInManagementTest {
    private static final String CAUSE = "component core waits for reference 'transport'";

    private final List<String> ended = new ArrayList<>();
    private final List<String> registered = new ArrayList<>();
    private final ServiceReference<?> ownReference = of(ServiceReference.class, "own", null);
    private final ServiceReference<?> settingsReference = of(ServiceReference.class, "settings", null);
    private ServiceReference<?> management;
    private boolean isCoreActivated;

    @Test
    void shouldNameTheProblemsOnEveryDoorAndStopWhenAsked() {
        StandInManagement standIn = standIn();

        ClusterStatus status = standIn.status();

        assertThat(status.self()).isEqualTo("Server2");
        assertThat(status.problems()).containsExactly(StandInManagement.PROBLEM, CAUSE);
        assertThat(status.servers())
                .extracting(each -> each.name() + " " + each.role() + " " + each.isReachable() + " " + each.isInSync())
                .containsExactly(
                        "Server1 " + ServerRole.STOPPED + " false false",
                        "Server2 " + ServerRole.START + " true false");
        assertThat(standIn.handOver("test").isAccepted()).isFalse();
        assertThat(standIn.appoint("Server2", true, "test").isAccepted()).isFalse();
        assertThatThrownBy(() -> standIn.list(new SessionQuery("", "", 1, "")).join())
                .hasMessageContaining("the core of this server does not run");
        assertThat(ended).isEmpty();
        assertThat(standIn.stop(false, "test").isAccepted()).isTrue();
        assertThat(ended).containsExactly("end");
    }

    @Test
    void shouldComeInWhenNobodyOffersManagementAndGoWhenTheCoreDoes() {
        StandIn standIn = new StandIn(framework(), settings -> standIn());
        management = of(ServiceReference.class, "core", null);
        standIn.update();
        assertThat(registered).isEmpty();

        management = null;
        standIn.update();
        standIn.update();
        assertThat(registered).containsExactly(ManagementService.class.getName());

        management = of(ServiceReference.class, "core", null);
        isCoreActivated = false;
        standIn.update();
        standIn.update();
        assertThat(registered).as("while the core is only starting").isNotEmpty();

        isCoreActivated = true;
        standIn.update();
        standIn.update();
        assertThat(registered).isEmpty();
    }

    private StandInManagement standIn() {
        return new StandInManagement(settings(), "0.1.0", () -> 1, () -> List.of(CAUSE), () -> ended.add("end"));
    }

    private BundleContext framework() {
        ServiceRegistration<?> registration = (ServiceRegistration<?>) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ServiceRegistration.class}, (proxy, method, given) -> {
                    if (method.getName().equals("unregister")) {
                        registered.clear();
                        return null;
                    }
                    return ownReference;
                });
        return (BundleContext) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {BundleContext.class}, (proxy, method, given) -> {
                    switch (method.getName()) {
                        case "getServiceReference" -> {
                            ServiceReference<?> offered =
                                    management != null || registered.isEmpty() ? management : ownReference;
                            return given[0] == ManagementService.class ? offered : settingsReference;
                        }
                        case "getService" -> {
                            return given[0] == settingsReference ? settings() : isCoreActivated ? standIn() : null;
                        }
                        case "ungetService" -> {
                            return true;
                        }
                        default -> {
                            registered.add(((String[]) given[0])[0]);
                            return registration;
                        }
                    }
                });
    }

    @SuppressWarnings("unchecked")
    private static <T> T of(Class<T> type, String name, Object answer) {
        return (T) Proxy.newProxyInstance(
                StandInManagementTest.class.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, given) -> switch (method.getName()) {
                    case "equals" -> proxy == given[0];
                    case "hashCode" -> name.hashCode();
                    case "toString" -> name;
                    default -> answer;
                });
    }

    private static ArraySettings settings() {
        List<ServerSettings> servers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            servers.add(new ServerSettings(
                    i,
                    "Server" + (i + 1),
                    "127.0.0.1",
                    "127.0.0.1",
                    9510,
                    "127.0.0.1",
                    9520,
                    "127.0.0.1",
                    9530,
                    "127.0.0.1",
                    9540,
                    Path.of(""),
                    Path.of(""),
                    false,
                    Path.of(""),
                    "temporary-swap-only",
                    0));
        }
        return new ArraySettings(
                "test", "", 1, servers, false, 120, true, false, 3600, 5, "availability", 0, false, "", Map.of());
    }
}

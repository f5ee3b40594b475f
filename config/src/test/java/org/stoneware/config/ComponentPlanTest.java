package org.stoneware.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.config.ConfigFixture.parse;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.stoneware.api.config.ArraySettings;

class ComponentPlanTest {
    private static final Set<String> NONE = Set.of();

    @Test
    void shouldConfigureTheChosenPartsAndTellTheServerWhich() {
        ComponentPlan plan = plan(settings("permanent-store", ""), Set.of("memory", "permanent-store"));

        assertThat(plan.problem()).isEmpty();
        assertThat(plan.configurations().keySet())
                .containsExactly(
                        "org.stoneware.liveness",
                        "org.stoneware.transport.aeron",
                        "org.stoneware.storage.permanent",
                        "org.stoneware.election.register",
                        "org.stoneware.console",
                        "org.stoneware.server");
        assertThat(plan.configurations().get("org.stoneware.server"))
                .containsAllEntriesOf(Map.of(
                        "storage.mode", "permanent-store",
                        "storage.configured", "permanent-store",
                        "storage.note", "",
                        "store.target", "(storage.mode=permanent-store)",
                        "transport.target", "(transport.name=aeron)",
                        "election.target", "(election.policy=networked-active-passive)"));
    }

    @Test
    void shouldLetMemoryStandInForSwapWithANoteWhileItsBundleIsMissing() {
        ComponentPlan plan = plan(settings("temporary-swap-only", ""), Set.of("memory"));

        assertThat(plan.storageMode()).isEqualTo("memory");
        assertThat(plan.storageNote()).startsWith("memory stands in for temporary-swap-only");
        assertThat(plan.configurations()).containsKey("org.stoneware.storage.memory");
        assertThat(plan.configurations().get("org.stoneware.server"))
                .containsEntry("storage.configured", "temporary-swap-only")
                .containsEntry("storage.mode", "memory");
    }

    @Test
    void shouldUseSwapOnceItsBundleIsThere() {
        ComponentPlan plan = plan(settings("temporary-swap-only", ""), Set.of("memory", "temporary-swap-only"));

        assertThat(plan.storageMode()).isEqualTo("temporary-swap-only");
        assertThat(plan.storageNote()).isEmpty();
        assertThat(plan.configurations()).containsKey("org.stoneware.storage.swap");
    }

    @Test
    void shouldNeverLetMemoryStandInForThePermanentStore() {
        ComponentPlan plan = plan(settings("permanent-store", ""), Set.of("memory"));

        assertThat(plan.problem())
                .isEqualTo(
                        "storage mode 'permanent-store' is configured, but no installed bundle offers it; offered: memory;"
                                + " add its bundle to the bundle set, or choose another (tc-property stoneware.storage)");
    }

    @Test
    void shouldChooseMemoryByProperty() {
        ComponentPlan plan = plan(settings("permanent-store", "memory"), Set.of("memory"));

        assertThat(plan.problem()).isEmpty();
        assertThat(plan.storageNote()).contains("tc-property stoneware.storage");
    }

    private static ComponentPlan plan(ArraySettings settings, Set<String> storages) {
        return ComponentPlan.of(settings, storages, NONE, NONE);
    }

    private static ArraySettings settings(String mode, String storage) {
        String property = storage.isEmpty()
                ? ""
                : "<tc-properties><property name='stoneware.storage' value='" + storage + "'/></tc-properties>";
        return parse("<tc-config>" + property + "<servers><server host='127.0.0.1' name='S'><dso><persistence><mode>"
                        + mode + "</mode></persistence></dso></server></servers></tc-config>")
                .settings(0);
    }
}

package org.stoneware.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ClusterTest {
    @Test
    void shouldReadRoleOfEachServerAndNothingOfTheClients() {
        Cluster cluster = Cluster.parse(
                """
                {"self":"S1","servers":[{"name":"S1","host":"127.0.0.1","role":"ACTIVE-COORDINATOR","ports":{"dso":9510}},
                {"name":"S2","host":"127.0.0.2","role":"PASSIVE-UNINITIALIZED"}],"clients":[{"name":"A","address":"x"}]}
                """);

        assertThat(cluster.roles())
                .containsExactly(Map.entry("S1", Cluster.ACTIVE), Map.entry("S2", Cluster.UNINITIALIZED));
    }

    @Test
    void shouldKnowNoRoleOfServerThatIsNotNamed() {
        assertThat(Cluster.parse("{}").role("S1")).isEmpty();
    }
}

package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AgentPartsTest {
    @Test
    void shouldCloseWhatIsLeftWhateverOnePartDoes() {
        List<String> closed = new ArrayList<>();

        AgentParts.closeAll(List.of(
                () -> closed.add("transport"),
                () -> {
                    throw new AssertionError("planted");
                },
                () -> closed.add("election")));

        assertThat(closed).containsExactly("election", "transport");
    }
}

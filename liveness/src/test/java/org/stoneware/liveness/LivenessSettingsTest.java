package org.stoneware.liveness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.stoneware.spi.liveness.Hello;

class LivenessSettingsTest {
    @Test
    void shouldBeatFasterBetweenServersThanToTomcatsAndTools() {
        LivenessSettings settings = LivenessSettings.defaults();

        assertThat(settings.heartbeatMs(Hello.Kind.SERVER)).isEqualTo(50);
        assertThat(settings.heartbeatMs(Hello.Kind.VALVE)).isEqualTo(250);
        assertThat(settings.heartbeatMs(Hello.Kind.PROBE)).isEqualTo(250);
        assertThat(settings.silenceMs(Hello.Kind.SERVER)).isEqualTo(500);
    }

    @Test
    void shouldRefuseSilenceShorterThanHeartbeatNamingBoth() {
        assertThatThrownBy(() -> LivenessSettings.defaults().withServerBeat(100, 99))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("setting out of range: serverSilenceMs=99 min=100 max=3600000");
    }

    @Test
    void shouldRefuseQueueThatCannotHoldOneMessage() {
        assertThatThrownBy(() -> LivenessSettings.defaults().withBounds(1, 1, 1000))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldConfigureTheVeryDefaultsOfTheSettings() throws ReflectiveOperationException {
        LivenessSettings defaults = LivenessSettings.defaults();

        List<Method> properties = Arrays.stream(LivenessConfiguration.class.getDeclaredMethods())
                .filter(property -> !property.getName().equals("arrayKey"))
                .toList();

        assertThat(properties).hasSameSizeAs(LivenessSettings.class.getRecordComponents());
        for (Method property : properties) {
            Object setting =
                    LivenessSettings.class.getMethod(property.getName()).invoke(defaults);
            assertThat(property.getDefaultValue()).as(property.getName()).isEqualTo(setting);
        }
    }
}

package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Each way of opening the JDK, in a JVM of its own. */
class JdkInternalsTest {
    /** Runs in the other JVM: opens, says how, and uses Agrona. */
    static final class Probe {
        public static void main(String[] args) {
            JdkInternals.Way way = JdkInternals.open();
            System.out.print(
                    way + " " + (way == JdkInternals.Way.CLOSED ? "" : new UnsafeBuffer(new byte[8]).capacity()));
        }
    }

    private static String probe(String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx32m", "-XX:TieredStopAtLevel=1", "-cp", classPath()));
        command.addAll(List.of(options));
        command.add(Probe.class.getName());
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return output;
    }

    private static String classPath() {
        return Stream.of(JdkInternals.class, Probe.class, UnsafeBuffer.class)
                .map(type -> Path.of(type.getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .getPath())
                        .toString())
                .collect(Collectors.joining(java.io.File.pathSeparator));
    }

    @Test
    void shouldLeaveOpenWhatAFlagHasOpened() throws Exception {
        assertThat(probe("--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED"))
                .isEqualTo("EXPORTED 8");
    }

    @Test
    void shouldOpenByReflectionUnderTheOptionsOfCatalinaSh() throws Exception {
        assertThat(probe("--add-opens=java.base/java.lang=ALL-UNNAMED")).isEqualTo("REFLECTION 8");
    }

    @Test
    void shouldOpenThroughUnsafeWithoutAnyOption() throws Exception {
        assertThat(probe()).isEqualTo("UNSAFE 8");
    }

    @Test
    void shouldOpenNothingWhenForbidden() throws Exception {
        assertThat(probe("-Dstoneware.open.internals=false")).isEqualTo("CLOSED ");
    }
}

package org.stoneware.itests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/** Where the build has put what the tests start, and addresses of this machine nobody else uses. */
final class Layout {
    /** Small, so that five JVMs fit any machine. */
    static final String SERVER_OPTIONS = "-Xmx192m -XX:+UseSerialGC -XX:TieredStopAtLevel=1";

    static final String TOMCAT_OPTIONS = "-Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1";

    private Layout() {}

    /** The unpacked distribution. */
    static Path distribution() {
        return directory("stoneware.distribution");
    }

    /** The tar.gz of a Tomcat line, for example {@code 10.1}. */
    static Path tomcatArchive(String line) throws IOException {
        try (Stream<Path> archives = Files.list(directory("stoneware.tomcats"))) {
            List<Path> found = archives.filter(
                            archive -> archive.getFileName().toString().startsWith("tomcat-" + line + "."))
                    .toList();
            if (found.size() != 1) {
                throw new IOException("one Tomcat " + line + " is needed: found=" + found);
            }
            return found.get(0);
        }
    }

    /** Loopback addresses of their own for one test, so that tests never meet on a port. */
    static List<String> loopbackAddresses(int count) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        String network = "127." + random.nextInt(16, 250) + "." + random.nextInt(1, 250) + ".";
        return Stream.iterate(1, i -> i + 1).limit(count).map(i -> network + i).toList();
    }

    private static Path directory(String property) {
        String value = System.getProperty(property);
        if (value == null || !Files.isDirectory(Path.of(value))) {
            throw new IllegalStateException("run by Maven (./mvnw verify): property " + property + " is " + value);
        }
        return Path.of(value).toAbsolutePath().normalize();
    }
}

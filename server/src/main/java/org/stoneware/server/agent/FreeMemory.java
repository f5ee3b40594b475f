package org.stoneware.server.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Memory this machine could give to a process, as far as it says. */
final class FreeMemory {
    static final long UNKNOWN = -1;
    private static final Path FILE = Path.of("/proc/meminfo");
    private static final String LINE = "MemAvailable:";

    private FreeMemory() {}

    /** @return bytes, or {@link #UNKNOWN}. */
    static long bytes() {
        try {
            for (String line : Files.readAllLines(FILE)) {
                if (line.startsWith(LINE)) {
                    return Long.parseLong(line.substring(LINE.length())
                                    .replace("kB", "")
                                    .trim())
                            * 1_024;
                }
            }
        } catch (IOException | NumberFormatException e) {
            // No such file on this system, or one that looks otherwise.
            return UNKNOWN;
        }
        return UNKNOWN;
    }
}

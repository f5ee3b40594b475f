package org.stoneware.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Something that makes writes durable. <b>Threading:</b> one thread, which waits. */
public interface DurableEngine extends AutoCloseable {
    /** Writes for a while, always so many at once, and says how many became durable per second. */
    double writesPerSecond(int inFlight, long millis) throws Exception;

    @Override
    void close() throws IOException;

    /** Engines to be measured beside the log; a service, so that what they need is in the jar only when it was built for that. */
    interface Family {
        /**
         * Opens the engines, filled with as many records.
         *
         * @param directory exists and is empty.
         * @param value     bytes of a record.
         * @return by the names under which they are printed, in order.
         */
        Map<String, DurableEngine> open(Path directory, int records, int value) throws Exception;
    }
}

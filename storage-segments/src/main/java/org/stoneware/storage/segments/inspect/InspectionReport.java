package org.stoneware.storage.segments.inspect;

import java.nio.file.Path;
import org.stoneware.storage.segments.LogInspection;

/** How findings are printed. */
interface InspectionReport {
    void begin(Path store, boolean isInUse);

    void record(LogInspection.RecordFacts record);

    void unreadable(String reason);

    void end(LogInspection inspection);
}

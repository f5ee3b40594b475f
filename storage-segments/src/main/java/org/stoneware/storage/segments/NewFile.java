package org.stoneware.storage.segments;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A file appears under its name whole or not at all: written under another name, forced, renamed, directory forced. */
final class NewFile {
    static final String SUFFIX = ".new";

    private NewFile() {}

    static void write(SegmentFiles files, String name, ByteBuffer content, boolean isForced) throws IOException {
        String fresh = name + SUFFIX;
        try (SegmentFiles.File file = files.create(fresh)) {
            file.write(0, content);
            if (isForced) {
                file.force();
            }
        }
        files.rename(fresh, name);
        if (isForced) {
            files.forceDirectory();
        }
    }
}

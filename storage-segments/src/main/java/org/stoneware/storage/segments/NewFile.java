package org.stoneware.storage.segments;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A file appears under its name whole or not at all: written under another name, forced, renamed, directory forced. */
final class NewFile {
    static final String SUFFIX = ".new";

    private NewFile() {}

    static void write(SegmentFiles files, String name, ByteBuffer content, boolean isForced) throws IOException {
        String fresh = name + SUFFIX;
        finish(files, files.create(fresh), fresh, name, content, isForced);
    }

    /** The same with a file that is there: what it holds behind the content stays. */
    static void writeInto(SegmentFiles files, String aside, String name, ByteBuffer content, boolean isForced)
            throws IOException {
        finish(files, files.open(aside), aside, name, content, isForced);
    }

    private static void finish(
            SegmentFiles files, SegmentFiles.File fresh, String from, String name, ByteBuffer content, boolean isForced)
            throws IOException {
        try (fresh) {
            fresh.write(0, content);
            if (isForced) {
                fresh.force();
            }
        }
        files.rename(from, name);
        if (isForced) {
            files.forceDirectory();
        }
    }
}

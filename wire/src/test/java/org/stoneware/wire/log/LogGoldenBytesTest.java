package org.stoneware.wire.log;

import org.junit.jupiter.api.Test;
import org.stoneware.wire.GoldenBytes;

/** Bytes of schema 903 version 1. They change only together with the version. */
class LogGoldenBytesTest {
    @Test
    void shouldEncodeEveryEntryAsEver() {
        GoldenBytes.assertUnchanged(LogGoldenBytesTest.class, "log-wire.txt", SampleEntries.all());
    }
}

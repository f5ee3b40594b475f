/**
 * Command-line programs: {@code start-server}, {@code server-stat}, {@code stop-server}, {@code version}.
 * <p>
 * {@code Main} picks the program; each program reads its options, finds the configuration with {@code ConfigLocator} and answers with an exit
 * code. {@code StartServer} goes: configuration → {@code DirectoryLock} → {@code LogSetup} → {@code ServerProcess}, which starts Felix from a
 * {@code BundleSet} and waits for its end.
 */
@NullMarked
package org.stoneware.launcher;

import org.jspecify.annotations.NullMarked;

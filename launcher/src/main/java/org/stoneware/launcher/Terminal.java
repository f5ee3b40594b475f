package org.stoneware.launcher;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where a program prints and from where it looks at files.
 *
 * @param out              for results.
 * @param err              for errors.
 * @param workingDirectory current directory.
 * @param home             installation directory.
 * @param scriptDirectory  directory of the script that started it.
 * @param environment      its variables.
 */
record Terminal(
        PrintStream out,
        PrintStream err,
        Path workingDirectory,
        Path home,
        Path scriptDirectory,
        Map<String, String> environment) {}

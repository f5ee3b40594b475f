package org.stoneware.launcher;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.stoneware.config.ConfigText;
import org.stoneware.config.Problem;
import org.stoneware.config.SystemHostEnvironment;
import org.stoneware.config.TcConfig;
import org.stoneware.config.TcConfigParser;

/**
 * Finds the configuration: {@code -f}, system property {@code tc.config}, then {@code tc-config.xml} in the current directory, beside the
 * script, in {@code conf/}, then the built-in default.
 */
final class ConfigLocator {
    static final String FILE_NAME = "tc-config.xml";
    private static final long MAX_BYTES = 4L << 20;

    private final Terminal terminal;

    ConfigLocator(Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * Finds and parses; the result may still hold errors.
     *
     * @param option value of {@code -f}, or null.
     */
    TcConfig load(@Nullable String option) throws ProgramException {
        return new TcConfigParser(new SystemHostEnvironment()).parse(find(option));
    }

    private ConfigText find(@Nullable String option) throws ProgramException {
        String named = option != null ? option : System.getProperty("tc.config");
        if (named != null) {
            return read(named(named, option != null ? "-f" : "system property tc.config"));
        }
        for (Path directory : directories()) {
            Path file = directory.resolve(FILE_NAME);
            if (Files.isRegularFile(file)) {
                return read(file);
            }
        }
        return ConfigText.builtIn(terminal.workingDirectory());
    }

    private Set<Path> directories() {
        Set<Path> directories = new LinkedHashSet<>();
        directories.add(terminal.workingDirectory());
        directories.add(terminal.scriptDirectory());
        directories.add(terminal.home().resolve("conf"));
        return directories;
    }

    private Path named(String name, String by) throws ProgramException {
        if (name.matches("[a-zA-Z]{2,}://.*") && !name.startsWith("file:")) {
            throw notUsable(
                    "'" + name + "' (" + by + ") is a URL; allowed: a file; fetch it first, for example with curl");
        }
        Path file;
        try {
            file = terminal.workingDirectory().resolve(name.startsWith("file:") ? name.substring(5) : name);
        } catch (InvalidPathException e) {
            throw notUsable("'" + name + "' (" + by + ") is not a path: " + e.getReason());
        }
        if (Files.isDirectory(file)) {
            Path inside = file.resolve(FILE_NAME);
            throw notUsable("'" + name + "' (" + by + ") is a directory: " + file.normalize()
                    + (Files.exists(inside) ? "; did you mean " + inside.normalize() + "?" : "; name the file in it"));
        }
        if (!Files.exists(file)) {
            throw notUsable("'" + name + "' (" + by + ") does not exist: looked for " + file.normalize()
                    + ", current directory is " + terminal.workingDirectory());
        }
        return file;
    }

    private ConfigText read(Path file) throws ProgramException {
        Path absolute = file.toAbsolutePath().normalize();
        try {
            if (Files.size(absolute) > MAX_BYTES) {
                throw notUsable(absolute + " has " + Files.size(absolute) + " bytes; allowed: at most " + MAX_BYTES
                        + "; is this the right file?");
            }
            List<Problem> problems = new ArrayList<>();
            String text = TcConfigParser.decode(Files.readAllBytes(absolute), problems);
            if (text == null) {
                throw notUsable(problems.get(0).format(absolute.toString()));
            }
            Path parent = absolute.getParent();
            return new ConfigText(absolute.toString(), parent == null ? terminal.workingDirectory() : parent, text);
        } catch (IOException e) {
            throw notUsable(absolute + " can't be read: " + reason(e) + "; make it readable for user "
                    + System.getProperty("user.name"));
        }
    }

    /** What went wrong, in words: the exceptions of the JDK often carry no more than the path. */
    static String reason(IOException failure) {
        if (failure instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (failure instanceof NoSuchFileException) {
            return "it does not exist";
        }
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }

    private static ProgramException notUsable(String message) {
        return new ProgramException(ExitCode.CONFIGURATION, "configuration: " + message);
    }
}

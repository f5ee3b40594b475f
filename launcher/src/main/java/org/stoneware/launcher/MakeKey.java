package org.stoneware.launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.stoneware.api.config.ArrayKey;

/** The program behind {@code bin/make-key}: makes the secret that the servers and Tomcats of an array share. */
final class MakeKey {
    static final String USAGE =
            """
            Usage: make-key [--file FILE] [--force]
              --file FILE   where to write it; otherwise conf/array.key of this installation
              --force       replace a key that is there: servers and Tomcats that hold the old one no longer belong together
              -h, -?, --help  print this

            Makes the key by which the servers and Tomcats of one array prove to each other that they belong to it.
            Make it once, on one server, and copy the file.
            Exit codes: 0 made, 1 can't be written, 2 bad option, no such directory, or a key is there already.""";

    private static final int KEY_LENGTH = 32;
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    private final Terminal terminal;

    MakeKey(Terminal terminal) {
        this.terminal = terminal;
    }

    int run(List<String> arguments) throws ProgramException {
        Options options =
                new Options("make-key", USAGE).value("--file").flag("--force").parse(arguments);
        if (options.isGiven("--help")) {
            terminal.out().println(options.usage());
            return ExitCode.CLEAN;
        }
        String named = options.get("--file");
        Path file = named == null
                ? terminal.home().resolve("conf").resolve(ArrayKey.FILE_NAME)
                : terminal.workingDirectory().resolve(named).normalize();
        try {
            write(file, options.isGiven("--force"));
        } catch (FileAlreadyExistsException e) {
            throw new ProgramException(
                    ExitCode.CONFIGURATION,
                    "make-key: " + file + " is there already and was not touched; copy it, or replace it with --force"
                            + " (then copy the new one to all servers and Tomcats and restart them together)");
        } catch (NoSuchFileException e) {
            throw new ProgramException(
                    ExitCode.CONFIGURATION,
                    "make-key: there is no directory " + file.toAbsolutePath().getParent());
        } catch (AccessDeniedException e) {
            throw new ProgramException(
                    ExitCode.FAILED,
                    "make-key: no permission to write " + file + "; run it as the user the server runs as");
        } catch (IOException e) {
            throw new ProgramException(ExitCode.FAILED, "make-key: " + file + ": " + ConfigLocator.reason(e));
        }
        tell(file.toAbsolutePath());
        return ExitCode.CLEAN;
    }

    /** Nobody else can read it at any moment, and a key that is there is never half overwritten. */
    private static void write(Path file, boolean isReplacing) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new NoSuchFileException(file.toString());
        }
        if (!isReplacing && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(file.toString());
        }
        Path fresh = Files.createTempFile(directory, ArrayKey.FILE_NAME + ".", ".new");
        try {
            PosixFileAttributeView view = Files.getFileAttributeView(fresh, PosixFileAttributeView.class);
            if (view != null) {
                view.setPermissions(OWNER_ONLY);
            }
            Files.writeString(fresh, newKey(), StandardCharsets.US_ASCII);
            if (isReplacing) {
                Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } else {
                Files.move(fresh, file);
            }
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    private static String newKey() {
        byte[] random = new byte[KEY_LENGTH];
        new SecureRandom().nextBytes(random);
        return "# Secret of one Stoneware array; the same file on all its servers and Tomcats. Let nobody else read it.\n"
                + HexFormat.of().formatHex(random) + "\n";
    }

    private void tell(Path file) {
        terminal.out()
                .println(
                        """
                        made %s: 256 random bits, for its owner only
                        Copy it, unchanged, and keep it readable by the owner only (chmod 600):
                          to every other server   conf/array.key of its installation, or array.key beside its tc-config.xml
                          to every Tomcat         conf/array.key of its CATALINA_BASE; bin/install-valve does that
                        Then stop all servers and Tomcats of the array and start them again: who has the key refuses who has not."""
                                .formatted(file));
    }
}

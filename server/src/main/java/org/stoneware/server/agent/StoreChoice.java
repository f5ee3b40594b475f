package org.stoneware.server.agent;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.Set;

/**
 * The persistence mode chosen by command, remembered over a restart in {@value #FILE_NAME} of the data directory. Deleting the file undoes
 * the choice.
 * <p>
 * <b>Threading:</b> any thread. <b>Failure:</b> a file that can't be read or written is an {@link IOException} that names it.
 */
final class StoreChoice {
    static final String FILE_NAME = "storage-choice.properties";
    private static final String MODE = "mode";
    private static final String BEFORE = "before";
    private static final String MOVED = "moved";

    private final Path file;
    private final String configured;
    private volatile String mode;
    /** The mode before is written down beside the chosen one. */
    private boolean isOnProbation;
    /** What that is, while it is. */
    private String before = "";
    /** This process has written the mode before beside the chosen one, and has not been about to take it away since. */
    private boolean hasWayBack;

    private StoreChoice(Path file, String configured, String mode) {
        this.file = file;
        this.configured = configured;
        this.mode = mode;
    }

    /**
     * What a start begins with. An exchange may have been under way at the end of the process: then the mode of the sessions that are kept
     * tells whether it had come to its end, or whether the mode before is in use again.
     *
     * @param configured mode the configuration leads to.
     * @param kept       mode of the sessions a restart would find; empty when there are none.
     * @param ended      what was being tried when the process ended, see {@link TriedStores#name}: nothing is kept in the chosen mode, so
     *                   a start need not go there again.
     */
    static StoreChoice read(Path dataDirectory, String configured, String kept, Set<String> ended) throws IOException {
        Path file = dataDirectory.resolve(FILE_NAME);
        if (!Files.exists(file)) {
            return new StoreChoice(file, configured, configured);
        }
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(Files.readString(file)));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is malformed: " + e.getMessage(), e);
        }
        String chosen = properties.getProperty(MODE, "").trim();
        if (chosen.isEmpty()) {
            throw new IOException(file + " names no mode; delete it to use the configured one");
        }
        String before = properties.getProperty(BEFORE, "").trim();
        boolean isMoved = Boolean.parseBoolean(properties.getProperty(MOVED, "").trim())
                && !before.equals(kept)
                && ended.stream().noneMatch(each -> each.startsWith(chosen + ' '));
        return new StoreChoice(file, configured, before.isEmpty() || chosen.equals(kept) || isMoved ? chosen : before);
    }

    /** Nothing is chosen. */
    static StoreChoice none(Path dataDirectory, String configured) {
        return new StoreChoice(dataDirectory.resolve(FILE_NAME), configured, configured);
    }

    Path file() {
        return file;
    }

    String mode() {
        return mode;
    }

    /** Mode the configuration leads to. */
    String configured() {
        return configured;
    }

    boolean isConfigured() {
        return mode.equals(configured);
    }

    /** What to show beside the configured mode; empty when nothing else was chosen. */
    String inWords() {
        return isConfigured()
                ? ""
                : mode + " was chosen by command in place of " + configured + " of the configuration, kept in " + file;
    }

    /** An exchange begins: a restart begins with that mode only if its sessions are the ones it finds. */
    synchronized void begin(String next) throws IOException {
        if (!next.equals(mode)) {
            write(next, mode, false);
            hasWayBack = true;
        }
    }

    /**
     * The sessions are in the mode before again, and may be on their way to another one.
     *
     * @param next the mode an exchange to which has {@linkplain #begin begun}; empty when none has.
     */
    synchronized void fellBack(String back, String next) throws IOException {
        if (next.isEmpty() || next.equals(back)) {
            choose(back);
        } else {
            write(next, back, false);
            hasWayBack = true;
            isOnProbation = false;
            mode = back;
        }
    }

    /** The sessions are there, and may come back for a while: a restart that finds them in the mode before begins with that. */
    synchronized void moved(String next) throws IOException {
        if (next.equals(mode)) {
            choose(next);
            return;
        }
        write(next, mode, true);
        before = mode;
        hasWayBack = true;
        isOnProbation = true;
        mode = next;
    }

    /**
     * The mode of the store in use is asked for. A way back that is written down beside it stays; else it is written anew, since the file may have
     * been deleted, or may say what it should not any more.
     *
     * @param mayComeBack the sessions may come back to the mode before, and a restart would find a store for it.
     */
    synchronized void confirm(String inUse, boolean mayComeBack) throws IOException {
        if (inUse.equals(mode) && hasWayBack) {
            return;
        }
        if (mayComeBack && !inUse.equals(mode)) {
            moved(inUse);
        } else {
            choose(inUse);
        }
    }

    /** They don't come back any more. */
    synchronized void settle() throws IOException {
        if (isOnProbation) {
            // Should this not be written, whoever asks for the mode once more has it written.
            hasWayBack = false;
            choose(mode);
        }
    }

    /** The exchange came to nothing; the probation of the one before goes on. */
    synchronized void abandon() throws IOException {
        if (isOnProbation) {
            write(mode, before, true);
            hasWayBack = true;
        } else {
            choose(mode);
        }
    }

    /** Remembers another mode; the configured one needs no file. */
    synchronized void choose(String chosen) throws IOException {
        if (chosen.equals(configured)) {
            ForcedFile.delete(file);
        } else {
            write(chosen, "", false);
        }
        isOnProbation = false;
        hasWayBack = false;
        mode = chosen;
    }

    private void write(String chosen, String before, boolean isMoved) throws IOException {
        ForcedFile.replace(
                file,
                "# Persistence mode chosen by command, in place of the one in tc-config. Delete this file to undo it.\n"
                        + MODE + "=" + chosen + "\n" + (before.isEmpty() ? "" : BEFORE + "=" + before + "\n")
                        + (isMoved ? MOVED + "=true\n" : ""));
    }
}

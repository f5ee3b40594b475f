package org.stoneware.server.agent;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Which stores this server is moving its sessions to, in {@value #FILE_NAME} of the data directory from before the first line of their code
 * runs until their probation is over. A store that ends the process is so known to the next start, which does not try it again by
 * itself; see docs/adr/0309. Lines of {@code name=value}, the value as {@link #name}:
 *
 * <pre>
 *  trying=  sessions are on their way to it, or it is on probation
 *  ended=   a process ended meanwhile, or it failed and the sessions could not go back; stays until somebody asks for it, it is proved, or the file is deleted
 * </pre>
 *
 * <b>Threading:</b> any thread, which may wait for the disk. <b>Failure:</b> a file that can't be read is logged and taken for empty.
 */
final class TriedStores {
    static final String FILE_NAME = "storage-trying.properties";
    private static final String TRYING = "trying=";
    private static final String ENDED = "ended=";
    private static final String COMMENT =
            """
            # Stores this server is moving its sessions to (trying), and those during whose exchange a process of it ended
            # (ended), or that failed on probation and kept the sessions since there was no way back: it does not try these
            # again by itself. Delete this file, while the server is stopped, to let it.
            """;

    private final Path file;

    TriedStores(Path dataDirectory) {
        this.file = dataDirectory.resolve(FILE_NAME);
    }

    Path file() {
        return file;
    }

    /** How a store is called here; empty when nobody knows who made it. */
    static String name(StoreOffer offer) {
        return offer.maker().isEmpty() ? "" : offer.mode() + ' ' + offer.maker();
    }

    /** Stores that were being tried when a process of this server ended, now or before. To be asked once, at the start. */
    synchronized Set<String> endedWithTheProcess() {
        Set<String> ended = read(ENDED);
        Set<String> tried = read(TRYING);
        ended.addAll(tried);
        if (!tried.isEmpty()) {
            try {
                write(Set.of(), ended);
            } catch (IOException e) {
                log(file + " can't be written: " + e.getMessage());
            }
        }
        return ended;
    }

    /** Sessions begin to move to a store. */
    synchronized void begin(StoreOffer offer) throws IOException {
        Set<String> tried = read(TRYING);
        if (!name(offer).isEmpty() && tried.add(name(offer))) {
            write(tried, read(ENDED));
        }
    }

    /** A store is proved, whatever one of the same version did before. */
    synchronized void end(StoreOffer offer) throws IOException {
        Set<String> tried = read(TRYING);
        Set<String> ended = read(ENDED);
        if (tried.remove(name(offer)) | ended.remove(name(offer))) {
            write(tried, ended);
        }
    }

    /** A store failed on probation, and the sessions are still there: no restart takes it for one that is proved. */
    synchronized void fail(StoreOffer offer) throws IOException {
        Set<String> tried = read(TRYING);
        Set<String> ended = read(ENDED);
        tried.remove(name(offer));
        if (!name(offer).isEmpty() && ended.add(name(offer))) {
            write(tried, ended);
        }
    }

    /** Nothing is tried any more. */
    synchronized void endAll() throws IOException {
        if (!read(TRYING).isEmpty()) {
            write(Set.of(), read(ENDED));
        }
    }

    /** Somebody wants it tried again. */
    synchronized void forgive(StoreOffer offer) throws IOException {
        Set<String> ended = read(ENDED);
        if (ended.remove(name(offer))) {
            write(read(TRYING), ended);
        }
    }

    private void write(Set<String> tried, Set<String> ended) throws IOException {
        if (tried.isEmpty() && ended.isEmpty()) {
            ForcedFile.delete(file);
            return;
        }
        StringBuilder text = new StringBuilder(COMMENT);
        tried.forEach(each -> text.append(TRYING).append(each).append('\n'));
        ended.forEach(each -> text.append(ENDED).append(each).append('\n'));
        ForcedFile.replace(file, text.toString());
    }

    private Set<String> read(String prefix) {
        Set<String> found = new LinkedHashSet<>();
        try {
            if (Files.exists(file)) {
                for (String line : Files.readAllLines(file)) {
                    if (line.startsWith(prefix) && line.length() > prefix.length()) {
                        found.add(line.substring(prefix.length()).strip());
                    }
                }
            }
        } catch (MalformedInputException e) {
            log(file + " is no text and is not used");
        } catch (IOException e) {
            log(file + " can't be read and is not used: " + e.getMessage());
        }
        return found;
    }

    private static void log(String text) {
        System.getLogger("org.stoneware.server").log(System.Logger.Level.WARNING, text);
    }
}

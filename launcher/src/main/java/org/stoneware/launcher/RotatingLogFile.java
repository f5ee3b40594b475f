package org.stoneware.launcher;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.logging.ErrorManager;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/**
 * Writes the log into {@code stoneware-server.log}; when it is full it becomes {@code stoneware-server.log.1}, that one {@code .2}, and so on.
 * The JDK's own file handler can't keep the newest part under the plain name.
 * <p>
 * <b>Limits:</b> {@link #MAX_BYTES} a file, {@link #MAX_FILES} files.
 * <p>
 * <b>Failure:</b> a line that can't be written is lost and reported; the file is opened anew for the next one.
 */
final class RotatingLogFile extends Handler {
    static final String FILE_NAME = "stoneware-server.log";
    static final long MAX_BYTES = 32L << 20;
    static final int MAX_FILES = 10;

    private final Path file;
    private final long maxBytes;
    /** Null after a failure, until the next line. */
    private @Nullable OutputStream out;

    private long length;
    private boolean isClosed;

    RotatingLogFile(Path directory, long maxBytes) throws IOException {
        this.file = directory.resolve(FILE_NAME);
        this.maxBytes = maxBytes;
        Files.createDirectories(directory);
        this.out = open();
        setFormatter(new LogLineFormat());
    }

    @Override
    public synchronized void publish(LogRecord event) {
        if (isClosed || !isLoggable(event)) {
            return;
        }
        try {
            byte[] line = getFormatter().format(event).getBytes(StandardCharsets.UTF_8);
            OutputStream to = out == null ? open() : out;
            out = to;
            if (length > 0 && length + line.length > maxBytes) {
                to = rotate(to);
            }
            to.write(line);
            length += line.length;
        } catch (IOException e) {
            giveUp();
            reportError("the log file can't be written", e, ErrorManager.WRITE_FAILURE);
        }
    }

    /** Whatever state a failure has left the file in, the next line begins with what is on disk then. */
    private void giveUp() {
        OutputStream failed = out;
        out = null;
        try {
            if (failed != null) {
                failed.close();
            }
        } catch (IOException e) {
            // It has failed already.
        }
    }

    @Override
    public synchronized void flush() {
        // every line goes straight to the operating system: the last ones before a crash matter most
    }

    @Override
    public synchronized void close() {
        OutputStream open = out;
        isClosed = true;
        try {
            if (open != null) {
                open.close();
            }
        } catch (IOException e) {
            reportError("the log file can't be closed", e, ErrorManager.CLOSE_FAILURE);
        }
    }

    private OutputStream open() throws IOException {
        length = Files.exists(file) ? Files.size(file) : 0;
        return Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private OutputStream rotate(OutputStream full) throws IOException {
        full.close();
        for (int number = MAX_FILES - 1; number >= 1; number--) {
            Path older = numbered(number);
            if (Files.exists(older)) {
                if (number == MAX_FILES - 1) {
                    Files.delete(older);
                } else {
                    Files.move(older, numbered(number + 1), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        if (Files.exists(file)) {
            Files.move(file, numbered(1), StandardCopyOption.REPLACE_EXISTING);
        }
        OutputStream next = open();
        out = next;
        return next;
    }

    private Path numbered(int number) {
        return file.resolveSibling(FILE_NAME + "." + number);
    }
}

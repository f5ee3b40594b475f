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

/**
 * Writes the log into {@code stoneware-server.log}; when it is full it becomes {@code stoneware-server.log.1}, that one {@code .2}, and so on.
 * The JDK's own file handler can't keep the newest part under the plain name.
 * <p>
 * <b>Limits:</b> {@link #MAX_BYTES} a file, {@link #MAX_FILES} files.
 */
final class RotatingLogFile extends Handler {
    static final String FILE_NAME = "stoneware-server.log";
    static final long MAX_BYTES = 32L << 20;
    static final int MAX_FILES = 10;

    private final Path file;
    private final long maxBytes;
    private OutputStream out;
    private long length;

    RotatingLogFile(Path directory, long maxBytes) throws IOException {
        this.file = directory.resolve(FILE_NAME);
        this.maxBytes = maxBytes;
        Files.createDirectories(directory);
        this.out = open();
        setFormatter(new LogLineFormat());
    }

    @Override
    public synchronized void publish(LogRecord event) {
        if (!isLoggable(event)) {
            return;
        }
        try {
            byte[] line = getFormatter().format(event).getBytes(StandardCharsets.UTF_8);
            if (length > 0 && length + line.length > maxBytes) {
                rotate();
            }
            out.write(line);
            length += line.length;
        } catch (IOException e) {
            reportError("the log file can't be written", e, ErrorManager.WRITE_FAILURE);
        }
    }

    @Override
    public synchronized void flush() {
        // every line goes straight to the operating system: the last ones before a crash matter most
    }

    @Override
    public synchronized void close() {
        try {
            out.close();
        } catch (IOException e) {
            reportError("the log file can't be closed", e, ErrorManager.CLOSE_FAILURE);
        }
    }

    private OutputStream open() throws IOException {
        length = Files.exists(file) ? Files.size(file) : 0;
        return Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private void rotate() throws IOException {
        out.close();
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
        Files.move(file, numbered(1), StandardCopyOption.REPLACE_EXISTING);
        out = open();
    }

    private Path numbered(int number) {
        return file.resolveSibling(FILE_NAME + "." + number);
    }
}

package org.stoneware.storage.segments.inspect;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.stoneware.storage.segments.LogInspection;
import org.stoneware.storage.segments.RealSegmentFiles;
import org.stoneware.storage.segments.SegmentLogException;

/** The program behind {@code bin/store-inspect}: reads a store's directory and says whether it is sound. Changes nothing. */
public final class StoreInspect {
    static final int SOUND = 0;
    static final int DAMAGED = 1;
    static final int BAD_USAGE = 2;

    static final String USAGE =
            """
            Usage: store-inspect DIR [--records] [--json]
              DIR         directory of a store: the one with the files *.segment, or one above it
              --records   list every record
              --json      print one JSON object per store, for programs
              -h, --help  print this

            Reads every byte of the store a server keeps on disk, checks it, and prints what it holds and what is damaged.
            Changes nothing. Stop the server first: of a store in use the end is still being written.
            Exit code: 0 sound, 1 damaged, 2 wrong usage or nothing there.""";

    private static final String LOCK_NAME = "LOCK";
    private static final int MAX_DEPTH = 3;

    private final PrintStream out;
    private final PrintStream err;

    StoreInspect(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    public static void main(String[] arguments) {
        int code = new StoreInspect(System.out, System.err).run(List.of(arguments));
        System.out.flush();
        System.err.flush();
        System.exit(code);
    }

    int run(List<String> arguments) {
        boolean hasRecords = false;
        boolean isJson = false;
        String directory = null;
        for (String argument : arguments) {
            switch (argument) {
                case "-h", "--help", "-?" -> {
                    out.println(USAGE);
                    return SOUND;
                }
                case "--records" -> hasRecords = true;
                case "--json" -> isJson = true;
                default -> {
                    if (argument.startsWith("-") || directory != null) {
                        return refuse((argument.startsWith("-") ? "unknown option " : "more than one directory: ")
                                + argument + "\n" + USAGE);
                    }
                    directory = argument;
                }
            }
        }
        if (directory == null) {
            return refuse("no directory given\n" + USAGE);
        }
        return inspect(Path.of(directory), hasRecords, isJson);
    }

    private int refuse(String reason) {
        err.println("store-inspect: " + reason);
        return BAD_USAGE;
    }

    private int inspect(Path top, boolean hasRecords, boolean isJson) {
        if (!Files.isDirectory(top)) {
            return refuse("there is no directory " + top);
        }
        List<Path> stores;
        try {
            stores = stores(top);
        } catch (IOException e) {
            return refuse(top + " can't be read: " + e.getMessage());
        }
        if (stores.isEmpty()) {
            return refuse("no store on disk in " + top
                    + "; a store keeps files *.segment in a directory below the server's data directory");
        }
        int code = SOUND;
        for (Path store : stores) {
            code = Math.max(code, inspectOne(store, hasRecords, isJson));
        }
        return code;
    }

    private static List<Path> stores(Path top) throws IOException {
        List<Path> stores = new ArrayList<>();
        try (Stream<Path> paths = Files.walk(top, MAX_DEPTH)) {
            for (Path path : paths.filter(Files::isDirectory).sorted().toList()) {
                if (LogInspection.isLog(new RealSegmentFiles(path))) {
                    stores.add(path);
                }
            }
        }
        return stores;
    }

    private int inspectOne(Path store, boolean hasRecords, boolean isJson) {
        boolean isInUse = isInUse(store);
        InspectionReport report = isJson ? new JsonReport(out) : new TextReport(out);
        report.begin(store, isInUse);
        LogInspection inspection;
        try {
            inspection = LogInspection.of(new RealSegmentFiles(store), record -> {
                if (hasRecords) {
                    report.record(record);
                }
            });
        } catch (SegmentLogException e) {
            report.unreadable(e.getMessage() == null ? e.toString() : e.getMessage());
            return DAMAGED;
        }
        report.end(inspection);
        return inspection.damages().isEmpty() ? SOUND : DAMAGED;
    }

    /** The server's lock is only tried, and given back at once. */
    private static boolean isInUse(Path store) {
        Path lock = store.resolve(LOCK_NAME);
        if (!Files.exists(lock)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE);
                @Nullable FileLock taken = channel.tryLock()) {
            return taken == null;
        } catch (OverlappingFileLockException e) {
            return true;
        } catch (IOException e) {
            return false; // not ours to write: then nobody of this user serves from it
        }
    }
}

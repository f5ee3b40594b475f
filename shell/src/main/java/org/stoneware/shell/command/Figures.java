package org.stoneware.shell.command;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Numbers in words people read at a glance. */
final class Figures {
    private static final long SECOND = 1_000;
    private static final long MINUTE = 60 * SECOND;
    private static final long HOUR = 60 * MINUTE;
    private static final long DAY = 24 * HOUR;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneId.systemDefault());

    private Figures() {}

    /** A time span of two units at most: {@code 12 s}, {@code 3 min 20 s}, {@code 2 d 4 h}. */
    static String duration(long ms) {
        if (ms < 0) {
            return "-" + duration(-ms);
        } else if (ms < SECOND) {
            return ms + " ms";
        } else if (ms < MINUTE) {
            return ms / SECOND + " s";
        } else if (ms < HOUR) {
            return two(ms / MINUTE, "min", ms % MINUTE / SECOND, "s");
        } else if (ms < DAY) {
            return two(ms / HOUR, "h", ms % HOUR / MINUTE, "min");
        }
        return two(ms / DAY, "d", ms % DAY / HOUR, "h");
    }

    /** A time span of one unit, rounded down, for columns: {@code 12 s}, {@code 3 min}, {@code 2 d}; one below 0 as 0. */
    static String roughly(long ms) {
        long span = Math.max(0, ms);
        long unit = span < SECOND ? 1 : span < MINUTE ? SECOND : span < HOUR ? MINUTE : span < DAY ? HOUR : DAY;
        return duration(span / unit * unit);
    }

    private static String two(long large, String largeUnit, long small, String smallUnit) {
        return large + " " + largeUnit + (small == 0 ? "" : " " + small + " " + smallUnit);
    }

    static String bytes(long bytes) {
        if (bytes < 1_024) {
            return bytes + " B";
        }
        double value = bytes;
        String unit = "";
        for (String each : new String[] {"KiB", "MiB", "GiB", "TiB"}) {
            value /= 1_024;
            unit = each;
            if (value < 1_024) {
                break;
            }
        }
        return String.format(Locale.ROOT, value < 10 ? "%.1f %s" : "%.0f %s", value, unit);
    }

    static String time(long ms) {
        return ms <= 0 ? "" : TIME.format(Instant.ofEpochMilli(ms));
    }

    static String instant(long ms) {
        return ms <= 0 ? "" : Instant.ofEpochMilli(ms).toString();
    }

    /** A bar of up to {@code width} blocks. */
    static String bar(long value, long most, int width) {
        return most <= 0
                ? ""
                : "#".repeat((int) Math.max(value > 0 ? 1 : 0, Math.round((double) width * value / most)));
    }
}

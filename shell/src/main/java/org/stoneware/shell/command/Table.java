package org.stoneware.shell.command;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows under headings, for people. Text from outside is made harmless here, so no command can forget it.
 * <p>
 * Nothing is ever cut: what is shown can be copied into the next command. On a terminal too narrow for a table, columns of words go on in the
 * next line; when that is not enough, columns that can be done without are left out, and {@link #leftOut} names them. What does not fit then
 * is broken by the terminal. Elsewhere every row is one line with all columns.
 */
final class Table {
    private static final String GAP = "  ";
    private static final int LEAST_WIDTH = 12;

    private final List<Column> columns;
    private final List<List<Cell>> rows = new ArrayList<>();

    /** Where the text of a column may be broken. */
    private enum Break {
        /** Ids, addresses, names, numbers: whatever somebody copies. */
        NEVER,
        BETWEEN_WORDS,
        ANYWHERE
    }

    /**
     * One column.
     *
     * @param rank of columns that can be done without the one with the lowest goes first; 0 for one that stays.
     */
    record Column(String heading, boolean isNumber, Break breaks, int rank) {
        /** This column, left out on a terminal too narrow for it; lower ranks go first. */
        Column optional(int rank) {
            return new Column(heading, isNumber, breaks, rank);
        }
    }

    /** One field. */
    record Cell(String text, Style style) {
        Cell {
            text = SafeText.of(text);
        }
    }

    Table(Column... columns) {
        this.columns = List.of(columns);
    }

    /** Names, ids, addresses and short words: each stays in one piece. */
    static Column text(String heading) {
        return new Column(heading, false, Break.NEVER, 0);
    }

    /** Sentences and lists: on a narrow terminal they go on in the next line, between words. */
    static Column words(String heading) {
        return new Column(heading, false, Break.BETWEEN_WORDS, 0);
    }

    /** Long names no command takes: on a narrow terminal they go on in the next line, anywhere. */
    static Column longName(String heading) {
        return new Column(heading, false, Break.ANYWHERE, 0);
    }

    static Column number(String heading) {
        return new Column(heading, true, Break.NEVER, 0);
    }

    static Cell cell(String text, Style style) {
        return new Cell(text, style);
    }

    /** @param values strings, numbers or {@link Cell}s, one for each column. */
    Table row(Object... values) {
        List<Cell> row = new ArrayList<>(values.length);
        for (Object value : values) {
            row.add(value instanceof Cell cell ? cell : new Cell(String.valueOf(value), Style.PLAIN));
        }
        if (row.size() != columns.size()) {
            throw new IllegalArgumentException("cells=" + row.size() + " columns=" + columns.size());
        }
        rows.add(row);
        return this;
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    /** @param width columns of the terminal; 0 when there is none. */
    String render(int width, boolean isColoured) {
        int[] shown = shown(width);
        int[] widths = widths(shown, width);
        StringBuilder out = new StringBuilder();
        List<Cell> headings = columns.stream()
                .map(column -> new Cell(column.heading, Style.HEADING))
                .toList();
        row(out, headings, shown, widths, isColoured);
        for (List<Cell> row : rows) {
            row(out, row, shown, widths, isColoured);
        }
        return out.toString();
    }

    /** Headings of the columns a terminal of this width does not show. */
    List<String> leftOut(int width) {
        int[] shown = shown(width);
        List<String> headings = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            if (Arrays.binarySearch(shown, i) < 0) {
                headings.add(columns.get(i).heading);
            }
        }
        return headings;
    }

    /** Columns that fit, at least at their narrowest, or can't be done without. */
    private int[] shown(int width) {
        int[] shown = new int[columns.size()];
        Arrays.setAll(shown, i -> i);
        while (width > 0 && sum(shown, true) > width) {
            @Nullable Column least = null;
            for (int i : shown) {
                Column column = columns.get(i);
                if (column.rank > 0 && (least == null || column.rank < least.rank)) {
                    least = column;
                }
            }
            if (least == null) {
                break;
            }
            int without = columns.indexOf(least);
            shown = Arrays.stream(shown).filter(i -> i != without).toArray();
        }
        return shown;
    }

    private int sum(int[] shown, boolean isNarrowest) {
        return Arrays.stream(shown)
                        .map(i -> isNarrowest ? narrowest(i) : natural(i))
                        .sum()
                + GAP.length() * (shown.length - 1);
    }

    private int natural(int column) {
        int widest = length(columns.get(column).heading);
        for (List<Cell> row : rows) {
            widest = Math.max(widest, length(row.get(column).text));
        }
        return widest;
    }

    private int narrowest(int column) {
        int heading = length(columns.get(column).heading);
        return switch (columns.get(column).breaks) {
            case NEVER -> natural(column);
            case ANYWHERE -> Math.max(heading, Math.min(LEAST_WIDTH, natural(column)));
            case BETWEEN_WORDS -> {
                int widest = Math.max(heading, Math.min(LEAST_WIDTH, natural(column)));
                for (List<Cell> row : rows) {
                    for (String word : row.get(column).text.split(" ")) {
                        widest = Math.max(widest, length(word));
                    }
                }
                yield widest;
            }
        };
    }

    /** Of each column shown: the widest one that can is made narrower until all fit. */
    private int[] widths(int[] shown, int width) {
        int[] widths = Arrays.stream(shown).map(this::natural).toArray();
        int[] least = Arrays.stream(shown).map(this::narrowest).toArray();
        for (int left = sum(shown, false) - width; width > 0 && left > 0; left--) {
            int widest = -1;
            for (int i = 0; i < widths.length; i++) {
                if (widths[i] > least[i] && (widest < 0 || widths[i] > widths[widest])) {
                    widest = i;
                }
            }
            if (widest < 0) {
                break;
            }
            widths[widest]--;
        }
        return widths;
    }

    private void row(StringBuilder out, List<Cell> cells, int[] shown, int[] widths, boolean isColoured) {
        List<List<String>> pieces = new ArrayList<>(shown.length);
        int lines = 1;
        for (int i = 0; i < shown.length; i++) {
            List<String> broken = pieces(cells.get(shown[i]).text, widths[i], columns.get(shown[i]).breaks);
            pieces.add(broken);
            lines = Math.max(lines, broken.size());
        }
        for (int at = 0; at < lines; at++) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < shown.length; i++) {
                String text = at < pieces.get(i).size() ? pieces.get(i).get(at) : "";
                String padding = " ".repeat(Math.max(0, widths[i] - length(text)));
                boolean isNumber = columns.get(shown[i]).isNumber;
                line.append(i == 0 ? "" : GAP);
                line.append(isNumber ? padding : "");
                line.append(cells.get(shown[i]).style.of(text, isColoured));
                line.append(isNumber || i == shown.length - 1 ? "" : padding);
            }
            out.append(line.toString().stripTrailing()).append('\n');
        }
    }

    /** The text in lines no longer than {@code width}, as far as it may be broken. */
    private static List<String> pieces(String text, int width, Break breaks) {
        if (length(text) <= width || breaks == Break.NEVER) {
            return List.of(text);
        }
        List<String> pieces = new ArrayList<>();
        String rest = text;
        while (length(rest) > width) {
            int end = rest.offsetByCodePoints(0, width);
            int space = breaks == Break.BETWEEN_WORDS ? rest.lastIndexOf(' ', end) : -1;
            int next = space > 0 ? space : end;
            pieces.add(rest.substring(0, next).stripTrailing());
            rest = rest.substring(next).stripLeading();
        }
        if (!rest.isEmpty()) {
            pieces.add(rest);
        }
        return pieces;
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}

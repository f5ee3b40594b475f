package org.stoneware.shell.command;

import java.util.ArrayList;
import java.util.List;

/**
 * Rows under headings, for people. Text from outside is made harmless here, so no command can forget it.
 * <p>
 * On a terminal the widest column that may be cut is cut until the table fits; elsewhere nothing is cut.
 */
final class Table {
    private static final String GAP = "  ";
    private static final int LEAST_WIDTH = 12;

    private final List<Column> columns;
    private final List<List<Cell>> rows = new ArrayList<>();

    /** One column. */
    record Column(String heading, boolean isNumber, boolean mayBeCut) {}

    /** One field. */
    record Cell(String text, Style style) {
        Cell {
            text = SafeText.of(text);
        }
    }

    Table(Column... columns) {
        this.columns = List.of(columns);
    }

    static Column text(String heading) {
        return new Column(heading, false, false);
    }

    /** A column whose end may be left out on a narrow terminal. */
    static Column longText(String heading) {
        return new Column(heading, false, true);
    }

    static Column number(String heading) {
        return new Column(heading, true, false);
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
        int[] widths = widths(width);
        StringBuilder out = new StringBuilder();
        List<Cell> headings = columns.stream()
                .map(column -> new Cell(column.heading, Style.HEADING))
                .toList();
        line(out, headings, widths, isColoured);
        for (List<Cell> row : rows) {
            line(out, row, widths, isColoured);
        }
        return out.toString();
    }

    private int[] widths(int width) {
        int[] widths = new int[columns.size()];
        for (int i = 0; i < widths.length; i++) {
            widths[i] = length(columns.get(i).heading);
            for (List<Cell> row : rows) {
                widths[i] = Math.max(widths[i], length(row.get(i).text));
            }
        }
        for (int left = excess(widths, width); width > 0 && left > 0; left = excess(widths, width)) {
            int widest = -1;
            for (int i = 0; i < widths.length; i++) {
                boolean mayShrink = columns.get(i).mayBeCut && widths[i] > LEAST_WIDTH;
                if (mayShrink && (widest < 0 || widths[i] > widths[widest])) {
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

    private static int excess(int[] widths, int width) {
        int sum = GAP.length() * (widths.length - 1);
        for (int each : widths) {
            sum += each;
        }
        return sum - width;
    }

    private void line(StringBuilder out, List<Cell> cells, int[] widths, boolean isColoured) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.size(); i++) {
            Cell cell = cells.get(i);
            String text = cut(cell.text, widths[i]);
            String padding = " ".repeat(Math.max(0, widths[i] - length(text)));
            boolean isLast = i == cells.size() - 1;
            line.append(i == 0 ? "" : GAP);
            line.append(columns.get(i).isNumber ? padding : "");
            line.append(cell.style.of(text, isColoured));
            line.append(columns.get(i).isNumber || isLast ? "" : padding);
        }
        out.append(line.toString().stripTrailing()).append('\n');
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    private static String cut(String text, int width) {
        if (length(text) <= width) {
            return text;
        }
        return text.substring(0, text.offsetByCodePoints(0, width - 1)) + "…";
    }
}

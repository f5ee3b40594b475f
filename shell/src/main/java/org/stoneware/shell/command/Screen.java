package org.stoneware.shell.command;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.apache.felix.service.command.CommandSession;
import org.jspecify.annotations.Nullable;

/**
 * What a command writes to: knows how wide it is, whether there are colours, and whether anybody can be asked.
 * <p>
 * <b>Threading:</b> the thread that runs the command; gogo sends what that thread prints to where the session, or its pipe, wants it.
 */
public final class Screen {
    private static final String VARIABLE = "stoneware.screen";
    private static final int INDENT = 4;

    private final int width;
    private final boolean isColoured;
    private final String user;
    private final Function<String, @Nullable String> asker;

    /**
     * @param width columns; 0 when there is no terminal.
     * @param user  who sits there, for the log.
     * @param asker asks a question and returns the answer, or null when nobody can be asked.
     */
    public Screen(int width, boolean isColoured, String user, Function<String, @Nullable String> asker) {
        this.width = width;
        this.isColoured = isColoured;
        this.user = user;
        this.asker = asker;
    }

    /** Makes commands of this session write to this screen. */
    public void attach(CommandSession session) {
        session.put(VARIABLE, this);
    }

    /** The screen of a session; a plain one when it was not opened by {@code bin/shell}. */
    static Screen of(CommandSession session) {
        return session.get(VARIABLE) instanceof Screen screen
                ? screen
                : new Screen(0, false, "another shell", question -> null);
    }

    String user() {
        return user;
    }

    int width() {
        return width;
    }

    /** Prints text made here; what comes from outside goes through {@link SafeText} first. */
    void print(String text) {
        PrintStream out = System.out;
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.write(bytes, 0, bytes.length);
        out.flush();
        if (Thread.currentThread().isInterrupted()) {
            throw new CommandFailure(org.stoneware.shell.link.ShellExit.INTERRUPTED, "interrupted");
        }
    }

    void line(String text) {
        line(text, Style.PLAIN);
    }

    void line(String text, Style style) {
        print(style.of(Lines.fit(text, width, INDENT), isColoured) + "\n");
    }

    /** Words that stand out before a sentence. */
    void line(String first, Style firstStyle, String second, Style secondStyle, String sentence) {
        String start = first + "  " + second + "  ";
        String text = Lines.fit(start + sentence, width, INDENT);
        boolean isWhole = text.startsWith(start);
        String styled = firstStyle.of(first, isColoured) + "  " + secondStyle.of(second, isColoured) + "  ";
        print((isWhole ? styled + text.substring(start.length()) : text) + "\n");
    }

    void help(Usage usage) {
        print(usage.text(width));
    }

    void table(Table table) {
        print(table.render(width, isColoured));
        List<String> leftOut = table.leftOut(width);
        if (!leftOut.isEmpty()) {
            line("no room for " + String.join(", ", leftOut) + ": a wider terminal or --json shows all", Style.QUIET);
        }
    }

    void json(Object value) {
        print(JsonText.of(value));
    }

    /** Facts one a line, names before values. */
    void facts(String... pairs) {
        int longest = 0;
        for (int i = 0; i < pairs.length; i += 2) {
            longest = Math.max(longest, pairs[i].length());
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < pairs.length; i += 2) {
            String name = pairs[i] + " ".repeat(longest - pairs[i].length());
            String value = Lines.fit("x".repeat(longest + 2) + SafeText.of(pairs[i + 1]), width, longest + 2);
            text.append(Style.QUIET.of(name, isColoured))
                    .append("  ")
                    .append(value, longest + 2, value.length())
                    .append('\n');
        }
        print(text.toString());
    }

    /**
     * Makes sure that what follows is wanted.
     *
     * @param isAgreed the command line said yes already.
     * @throws CommandFailure when it is not wanted, or nobody can be asked.
     */
    void confirm(String question, boolean isAgreed) {
        if (isAgreed) {
            return;
        }
        String answer = asker.apply(SafeText.of(question) + " [y/N] ");
        if (answer == null) {
            throw CommandFailure.usage("nobody can be asked here; add --yes to do it without a question");
        }
        String word = answer.strip().toLowerCase(Locale.ROOT);
        if (!word.equals("y") && !word.equals("yes")) {
            throw CommandFailure.failed("nothing was done");
        }
    }
}

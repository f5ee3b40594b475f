package org.stoneware.shell.link;

import java.util.List;
import java.util.regex.Pattern;

/** Makes a line for gogo out of words that must arrive as they are. */
public final class Words {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./:@%+,-]+");

    private Words() {}

    /** One word alone is a line already, for example {@code "lb | grep x"}; several are quoted where they need it. */
    public static String line(List<String> words) {
        if (words.size() == 1) {
            return words.get(0);
        }
        StringBuilder line = new StringBuilder();
        for (String word : words) {
            line.append(line.isEmpty() ? "" : " ").append(quoted(word));
        }
        return line.toString();
    }

    /** A word in quotes, unless nothing in it means anything to gogo. */
    public static String quoted(String word) {
        if (PLAIN.matcher(word).matches()) {
            return word;
        }
        StringBuilder quoted = new StringBuilder("'");
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c == '\'' || c == '\\') {
                quoted.append('\\');
            }
            quoted.append(c);
        }
        return quoted.append('\'').toString();
    }
}

package org.stoneware.config;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds the name somebody probably meant. */
public final class NearestName {
    private static final int MAX_LENGTH = 100;

    private NearestName() {}

    /** The candidate nearest to {@code word}, or null when none is near enough to be worth suggesting. */
    public static @Nullable String of(String word, Collection<String> candidates) {
        if (word.length() > MAX_LENGTH) {
            return null;
        }
        String wanted = plain(word);
        String best = null;
        int bestDistance = Integer.MAX_VALUE;
        for (String candidate : candidates) {
            String plain = plain(candidate);
            int distance = distance(wanted, plain);
            boolean isPart = wanted.length() >= 4 && isSubsequence(wanted, plain);
            int limit = isPart ? Integer.MAX_VALUE : Math.max(1, Math.max(wanted.length(), plain.length()) * 2 / 5);
            if (distance <= limit && distance < bestDistance) {
                best = candidate;
                bestDistance = distance;
            }
        }
        return best;
    }

    /** {@code did you mean 'x'?} or, when nothing is near, the fallback. */
    static String advice(String word, Collection<String> candidates, String fallback) {
        String nearest = of(word, candidates);
        return nearest == null ? fallback : "did you mean '" + nearest + "'?";
    }

    private static String plain(String word) {
        return word.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
    }

    /** {@code tempswap} within {@code temporaryswaponly}. */
    private static boolean isSubsequence(String shorter, String longer) {
        int matched = 0;
        for (int index = 0; index < longer.length() && matched < shorter.length(); index++) {
            if (longer.charAt(index) == shorter.charAt(matched)) {
                matched++;
            }
        }
        return matched == shorter.length();
    }

    /** Letters to add, drop, change or swap with their neighbour. */
    private static int distance(String left, String right) {
        int[][] table = new int[left.length() + 1][right.length() + 1];
        for (int row = 0; row <= left.length(); row++) {
            for (int column = 0; column <= right.length(); column++) {
                table[row][column] = row == 0 || column == 0 ? row + column : cell(table, left, right, row, column);
            }
        }
        return table[left.length()][right.length()];
    }

    private static int cell(int[][] table, String left, String right, int row, int column) {
        char leftLetter = left.charAt(row - 1);
        char rightLetter = right.charAt(column - 1);
        int change = table[row - 1][column - 1] + (leftLetter == rightLetter ? 0 : 1);
        int best = Math.min(Math.min(table[row - 1][column], table[row][column - 1]) + 1, change);
        boolean isSwapped =
                row > 1 && column > 1 && leftLetter == right.charAt(column - 2) && left.charAt(row - 2) == rightLetter;
        return isSwapped ? Math.min(best, table[row - 2][column - 2] + 1) : best;
    }
}

package org.stoneware.config;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds the name somebody probably meant. */
public final class NearestName {
    private NearestName() {}

    /** The candidate nearest to {@code word}, or null when none is near enough to be worth suggesting. */
    public static @Nullable String of(String word, Collection<String> candidates) {
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

    private static int distance(String left, String right) {
        int[] previous = new int[right.length() + 1];
        for (int column = 0; column <= right.length(); column++) {
            previous[column] = column;
        }
        for (int row = 1; row <= left.length(); row++) {
            int[] current = new int[right.length() + 1];
            current[0] = row;
            for (int column = 1; column <= right.length(); column++) {
                int change = left.charAt(row - 1) == right.charAt(column - 1) ? 0 : 1;
                current[column] =
                        Math.min(Math.min(current[column - 1], previous[column]) + 1, previous[column - 1] + change);
            }
            previous = current;
        }
        return previous[right.length()];
    }
}

package org.stoneware.storage.segments.faults;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * One damage done to the files of a log, as {@link FaultySegmentFiles#copy} gives them: bits flipped, bytes zeroed, added or missing, files
 * deleted, exchanged, or from another log.
 *
 * @param what    one readable line.
 * @param touched names of the files it may have changed.
 */
public record FileDamage(String what, Set<String> touched) {
    private static final String SEGMENT_SUFFIX = ".segment";

    public FileDamage {
        touched = Set.copyOf(touched);
    }

    /**
     * Damages files in place; the arrays themselves stay as they are, so that a shallow copy of a sound image may be given.
     *
     * @param foreign files of another log.
     * @param random  decides what happens where, so that the same seed does the same damage to the same files.
     */
    public static FileDamage inflict(Map<String, byte[]> files, Map<String, byte[]> foreign, Random random) {
        Set<String> touched = new HashSet<>();
        String what = damage(files, foreign, random, touched);
        return new FileDamage(what, touched);
    }

    private static String damage(
            Map<String, byte[]> files, Map<String, byte[]> foreign, Random random, Set<String> touched) {
        List<String> names = sorted(files);
        List<String> segments =
                names.stream().filter(name -> name.endsWith(SEGMENT_SUFFIX)).toList();
        String name = names.get(random.nextInt(names.size()));
        String first = segments.get(random.nextInt(segments.size()));
        String second = segments.get(random.nextInt(segments.size()));
        touched.add(name);
        return switch (random.nextInt(9)) {
            case 0 -> flip(files, name, random);
            case 1 -> {
                byte[] bytes = files.get(name);
                files.put(name, Arrays.copyOf(bytes, random.nextInt(bytes.length)));
                yield name + " cut";
            }
            case 2 -> {
                touched.addAll(List.of(first, second));
                byte[] bytes = files.get(first);
                files.put(first, files.get(second));
                files.put(second, bytes);
                yield first + " and " + second + " exchanged";
            }
            case 3 -> {
                touched.add(second);
                files.put(second, files.get(first));
                yield second + " replaced by " + first;
            }
            case 4 -> {
                List<String> sources = sorted(foreign);
                String source = sources.get(random.nextInt(sources.size()));
                touched.add(source);
                files.put(source, foreign.get(source));
                yield source + " replaced by that of another log";
            }
            case 5 -> zero(files, name, random);
            case 6 -> {
                files.remove(name);
                yield name + " deleted";
            }
            case 7 -> {
                touched.add(second);
                yield misplace(files, first, second, random);
            }
            default -> lengthen(files, name, random);
        };
    }

    /** Names of the files that hold anything. */
    private static List<String> sorted(Map<String, byte[]> files) {
        List<String> names = new ArrayList<>(files.keySet());
        names.removeIf(name -> files.get(name).length == 0);
        Collections.sort(names);
        return names;
    }

    private static String flip(Map<String, byte[]> files, String name, Random random) {
        byte[] bytes = files.get(name).clone();
        int flips = 1 + random.nextInt(4);
        for (int i = 0; i < flips; i++) {
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        files.put(name, bytes);
        return flips + " bits flipped in " + name;
    }

    private static String zero(Map<String, byte[]> files, String name, Random random) {
        byte[] bytes = files.get(name).clone();
        int from = random.nextInt(bytes.length);
        Arrays.fill(bytes, from, Math.min(bytes.length, from + 1 + random.nextInt(5000)), (byte) 0);
        files.put(name, bytes);
        return name + " zeroed from " + from;
    }

    private static String misplace(Map<String, byte[]> files, String from, String to, Random random) {
        byte[] source = files.get(from);
        byte[] target = files.get(to).clone();
        int shorter = Math.min(source.length, target.length);
        int at = random.nextInt(shorter) & ~7;
        System.arraycopy(source, at, target, at, Math.min(shorter - at, 4096));
        files.put(to, target);
        return "block of " + from + " written into " + to + " at " + at;
    }

    private static String lengthen(Map<String, byte[]> files, String name, Random random) {
        byte[] bytes = files.get(name);
        byte[] longer = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(3000));
        for (int i = bytes.length; i < longer.length; i++) {
            longer[i] = (byte) random.nextInt();
        }
        files.put(name, longer);
        return name + " made longer";
    }
}

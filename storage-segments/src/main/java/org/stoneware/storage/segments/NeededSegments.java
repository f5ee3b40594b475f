package org.stoneware.storage.segments;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Which segments make up the log, by what the newest header and the drop records behind it say.
 *
 * @param numbers those that count, whether their files are there or not.
 * @param dropped those whose files may still be there and are not needed any more.
 */
record NeededSegments(SortedSet<Integer> numbers, Set<Integer> dropped) {

    /** @param newest loads the newest segment with a header, and those after it. */
    static NeededSegments of(SegmentDirectory directory, Function<SegmentDirectory.Entry, HintList> newest) {
        SortedSet<Integer> numbers = new TreeSet<>(directory.segments().keySet());
        Set<Integer> dropped = new HashSet<>();
        SegmentDirectory.Entry last = directory.newestWithHeader();
        Map<Integer, String> hints = directory.hints();
        if (last == null || last.header() == null) {
            numbers.addAll(hints.keySet());
            return new NeededSegments(numbers, dropped);
        }
        Set<Integer> named = new HashSet<>();
        for (int number : last.header().older()) {
            named.add(number);
        }
        Set<Integer> known = new HashSet<>(numbers);
        known.addAll(hints.keySet());
        for (int number : known) {
            if (number < last.number() && !named.contains(number)) {
                dropped.add(number);
            } else if (number > last.number()) {
                numbers.add(number);
            }
        }
        numbers.addAll(named);
        RecordHint hint = new RecordHint();
        for (SegmentDirectory.Entry entry :
                directory.segments().tailMap(last.number()).values()) {
            HintList found = newest.apply(entry);
            for (int i = 0; i < found.count(); i++) {
                if (!found.isGap(i) && found.kind(i) == RecordKind.DROP) {
                    dropped.add((int) found.hint(i, hint).version());
                }
            }
        }
        numbers.removeAll(dropped);
        return new NeededSegments(numbers, dropped);
    }
}

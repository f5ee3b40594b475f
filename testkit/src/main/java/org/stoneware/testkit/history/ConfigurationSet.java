package org.stoneware.testkit.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Configurations, without those another one in the set makes superfluous. The memory of the search: what is in is not tried again. */
final class ConfigurationSet {
    /** Entry, list and configuration, on a 64-bit JVM with compressed references; rounded up. */
    private static final int BYTES_EACH = 200;

    private record Standing(long taken, long value) {}

    private final Map<Standing, List<Configuration>> byStanding = new HashMap<>();
    private final SearchBudget budget;
    private long bytes;

    ConfigurationSet(SearchBudget budget) {
        this.budget = budget;
    }

    /** Returns whether it was new; if not, one that is no worse is in. */
    boolean add(Configuration added) {
        List<Configuration> same =
                byStanding.computeIfAbsent(new Standing(added.taken, added.value), standing -> new ArrayList<>(1));
        budget.spend(1 + (long) same.size() * (1 + added.length() / 8));
        for (Configuration configuration : same) {
            if (configuration.isNoWorseThan(added)) {
                return false;
            }
        }
        same.removeIf(added::isNoWorseThan);
        same.add(added);
        bytes += BYTES_EACH + (long) added.length() * Integer.BYTES;
        budget.hold(bytes);
        return true;
    }

    /** How many values and sets of open operations there are. */
    int size() {
        return byStanding.size();
    }

    boolean isEmpty() {
        return byStanding.isEmpty();
    }

    void forEach(Consumer<Configuration> consumer) {
        byStanding.values().forEach(same -> same.forEach(consumer));
    }
}

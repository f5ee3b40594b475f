package org.stoneware.server.agent;

import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.storage.OpenedStore;

/**
 * Lets copies be made in stores like the one in use, and knows which one was in use before it.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class StoreSuccession {
    private final StoreSource source;
    private final SessionGenerations generations;
    private StoreOffer before;
    /** The store seen last to be one that copies are made in as well. */
    private @Nullable OpenedStore checked;

    StoreSuccession(StoreSource source, SessionGenerations generations) {
        this.source = source;
        this.generations = generations;
        this.before = source.first();
    }

    /** What was in use before. */
    StoreOffer before() {
        return before;
    }

    void onExchanged(StoreOffer next) {
        before = generations.inUse();
        generations.use(next);
    }

    void onFellBack() {
        generations.use(before);
    }

    /**
     * An exchange may have come to another end when the sessions were replaced as a whole.
     *
     * @param present the store in use.
     * @return true when copies were made in others until now.
     */
    boolean correct(OpenedStore present) {
        String inUse = present.provider();
        if (present == checked || inUse.equals(generations.inUse().inWords())) {
            checked = present;
            return false;
        }
        checked = present;
        Stream.concat(Stream.of(before, source.first()), source.all().list().stream())
                .filter(each -> each.inWords().equals(inUse))
                .forEach(generations::use);
        return inUse.equals(generations.inUse().inWords());
    }
}

package org.stoneware.server.agent;

import java.nio.file.Path;
import java.util.List;
import org.stoneware.spi.storage.SessionStoreProvider;

/**
 * Where stores come from, and what was chosen.
 *
 * @param first    whose store the server begins with.
 * @param choice   what was chosen by command.
 * @param all      providers that are there at the moment, callable on any thread.
 * @param progress hears what the server does until it has its first store.
 */
record StoreSource(StoreOffer first, StoreChoice choice, Offers all, StartProgress progress) {
    /** Providers that are there. */
    @FunctionalInterface
    interface Offers {
        List<StoreOffer> list();
    }

    /** One provider that never goes. */
    static StoreSource only(SessionStoreProvider provider) {
        StoreOffer offer = StoreOffer.of(provider);
        return new StoreSource(
                offer, StoreChoice.none(Path.of(""), offer.mode()), () -> List.of(offer), new StartProgress());
    }
}

package org.stoneware.server.storage;

import java.lang.reflect.Proxy;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.SessionStore.RecordVisitor;
import org.stoneware.spi.storage.StoreSnapshot;

/** A store whose walks end without some of its sessions, since its device does not read them. */
public final class UnreadWalks {
    private UnreadWalks() {}

    /** @param unread sessions each walk leaves out, by its own account. */
    public static SessionStore of(SessionStore store, long unread) {
        return (SessionStore) Proxy.newProxyInstance(
                SessionStore.class.getClassLoader(),
                new Class<?>[] {SessionStore.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "openSnapshot" -> new Walk(store.openSnapshot(), unread);
                    case "readProblem" -> "the device does not read what is stored: sessions=" + unread;
                    default -> method.invoke(store, arguments);
                });
    }

    private record Walk(StoreSnapshot walk, long unread) implements StoreSnapshot {
        @Override
        public int next(int limit, RecordVisitor visitor) {
            return walk.next(limit, visitor);
        }

        @Override
        public void close() {
            walk.close();
        }
    }
}

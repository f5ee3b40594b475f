package org.stoneware.server.request;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.function.BooleanSupplier;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;

/** A store whose sessions are on disk for a while: none is shown, and each that is asked for is on its way. */
final class SwappedStore {
    private SwappedStore() {}

    static SessionStore around(SessionStore store, BooleanSupplier isSwappedOut) {
        return (SessionStore) Proxy.newProxyInstance(
                SessionStore.class.getClassLoader(), new Class<?>[] {SessionStore.class}, (proxy, method, given) -> {
                    if (isSwappedOut.getAsBoolean() && method.getName().equals("read")) {
                        return false;
                    }
                    if (isSwappedOut.getAsBoolean() && method.getName().equals("load")) {
                        return LoadResult.LOADING;
                    }
                    try {
                        return method.invoke(store, given);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}

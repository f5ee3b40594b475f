package org.stoneware.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.BooleanSupplier;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreListener;

/** Hears a store, and insists that it speaks on the thread of the test and inside {@link SessionStore#doWork} only. */
class ListenerWatch implements StoreListener {
    private final Thread thread = Thread.currentThread();
    private final BooleanSupplier isInWork;

    ListenerWatch(SessionStore store, BooleanSupplier isInWork) {
        this.isInWork = isInWork;
        store.listener(this);
    }

    @Override
    public void onLoaded(long ticket) {
        assertPlace("onLoaded");
    }

    @Override
    public void onDurable(long position) {
        assertPlace("onDurable");
    }

    @Override
    public void onFailed(String reason) {
        assertPlace("onFailed");
    }

    private void assertPlace(String call) {
        assertThat(isInWork.getAsBoolean())
                .as(call + " is called inside doWork")
                .isTrue();
        assertThat(Thread.currentThread())
                .as(call + " is called on the agent thread")
                .isSameAs(thread);
    }
}

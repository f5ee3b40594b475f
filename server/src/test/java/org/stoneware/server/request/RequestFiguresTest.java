package org.stoneware.server.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.server.request.ProcessorFixture.KEY;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.Histogram;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.request.ProcessorFixture.Tomcat;
import org.stoneware.server.session.LogClock;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.testkit.ManualClock;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.SessionProtocol;

/** What monitoring is told of requests: how many came to what, and how long they took. */
class RequestFiguresTest {
    private static final SessionKey OTHER = SessionKey.of("shop", "S2");

    private final ProcessorFixture array = new ProcessorFixture();
    private final Tomcat a = array.tomcat(1);
    private final Tomcat b = array.tomcat(2);
    private boolean isLoading;

    @Test
    void shouldCountAnswersByKindAndOutcome() {
        long token = a.create(1, KEY);
        a.create(2, OTHER);
        a.write(3, KEY, token + 100, 0, 1, 8);
        a.write(4, KEY, token, 0, 1, 2 * ProcessorFixture.MAX_SESSION_BYTES);
        a.getOwn(5, KEY, a.written.get(0).version());
        a.getOwn(6, KEY, 0);
        b.getOwn(1, SessionKey.of("shop", "nothing"), 0);
        a.rename(7, KEY, OTHER, token);
        a.remove(8, KEY, token);

        assertThat(answered("write", "committed")).isEqualTo(2);
        assertThat(answered("write", "fenced")).isEqualTo(1);
        assertThat(answered("write", "too-large")).isEqualTo(1);
        assertThat(answered("open", "current")).isEqualTo(1);
        assertThat(answered("open", "loaded")).isEqualTo(1);
        assertThat(answered("open", "absent")).isEqualTo(1);
        assertThat(answered("rename", "exists")).isEqualTo(1);
        assertThat(answered("remove", "committed")).isEqualTo(1);
        assertThat(count("requests.answered.write")).isEqualTo(4);
        assertThat(count("requests.answered.open")).isEqualTo(3);
    }

    @Test
    void shouldMeasureARequestThatWaitsForItsTurnFromItsArrival() {
        a.create(1, KEY);
        b.getOwn(1, KEY, 0);

        array.pass(600, b);

        assertThat(b.lastOwned().status()).isEqualTo(OwnStatus.LOADED);
        assertThat(sumMs("requests.answered.open")).isBetween(400L, 600L);
        assertThat(sumMs("requests.open")).isEqualTo(sumMs("requests.answered.open"));
    }

    @Test
    void shouldMeasureAChangeUntilItsStandbyHasIt() {
        SlowStandby standby = new SlowStandby(array.epoch + 1, array.stateMachine, 1 << 20);
        array.takeOver(standby.standbys);
        a.comeBack();
        array.pass(1);
        standby.acknowledge(array.stateMachine.lastApplied());
        array.pass(1);
        a.write(1, KEY, 0, SessionProtocol.WRITE_CREATE, 0, 8);
        a.touch(KEY);

        array.pass(30);
        assertThat(count("requests.answered.write")).isZero();
        standby.acknowledge(array.stateMachine.lastApplied());
        array.pass(1);

        assertThat(count("requests.answered.write")).isEqualTo(1);
        assertThat(sumMs("requests.answered.write")).isEqualTo(31);
        assertThat(count("requests.answered.touch"))
                .as("done once it is in the log")
                .isEqualTo(1);
    }

    @Test
    void shouldMeasureOnlyRequestsThatWaitForTheStoreAsSuch() {
        a.create(1, KEY);
        a.write(
                2,
                KEY,
                a.lastWritten().token(),
                SessionProtocol.WRITE_RELEASE,
                a.lastWritten().token(),
                8);
        array.processor = new SessionRequestProcessor(
                array.epoch,
                new RequestLimits("server", ProcessorFixture.MAX_SESSION_BYTES, 1, true, ""),
                storeThatLoads(),
                array.stateMachine,
                new LogClock(ManualClock.START_MS, array.clock.nowNs()),
                array.clock.nowNs() - TimeUnit.SECONDS.toNanos(1));
        b.comeBack();
        b.getOwn(1, SessionKey.of("shop", "nothing"), 0);
        isLoading = true;
        b.getOwn(2, KEY, 0);
        array.pass(50, b);
        isLoading = false;
        array.processor.onLoaded();
        array.pass(1, b);

        assertThat(b.lastOwned().status()).isEqualTo(OwnStatus.LOADED);
        assertThat(count("requests.awaiting-store")).isEqualTo(1);
        assertThat(sumMs("requests.awaiting-store")).isEqualTo(51);
        assertThat(sumMs("requests.answered.open")).isEqualTo(51);
    }

    private SessionStore storeThatLoads() {
        return (SessionStore) Proxy.newProxyInstance(
                SessionStore.class.getClassLoader(), new Class<?>[] {SessionStore.class}, (proxy, method, given) -> {
                    if (isLoading && method.getName().equals("load")) {
                        return LoadResult.LOADING;
                    }
                    try {
                        return method.invoke(array.store, given);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private long answered(String kind, String outcome) {
        return array.counter("requests.answered." + kind + "." + outcome);
    }

    private long count(String name) {
        return histogram(name).counts().stream().mapToLong(Long::longValue).sum();
    }

    private long sumMs(String name) {
        return TimeUnit.NANOSECONDS.toMillis(histogram(name).sumNs());
    }

    private Histogram histogram(String name) {
        return array.processor.histograms().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
    }
}

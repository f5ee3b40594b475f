package org.stoneware.server.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.request.WaitingRequests.Waiting;
import org.stoneware.server.session.HeapShares;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.wire.session.WriteStatus;

/** What becomes of requests that wait when there is no room for one of them where it must wait next. */
class WaitingRequestsTest {
    private static final SessionKey OTHER_KEY = SessionKey.of("shop", "S2");
    private static final int LARGE = 250;

    private final ClientPort first = new ClientPort((buffer, offset, length) -> true, "first");
    private final ClientPort second = new ClientPort((buffer, offset, length) -> true, "second");
    private final WaitingRequests queue = new WaitingRequests(10, 100);

    /** The store works on one change while others wait. */
    private boolean isBehind;
    /** Sessions it can't bring to memory now. */
    private final Set<SessionKey> busy = new HashSet<>();

    @Test
    void shouldServeWhatOthersSentWhenTheHeadForgetsItsConnection() {
        addToQueue(first, 40);
        addToQueue(first, 10);
        addToQueue(second, 30);
        List<ClientPort> served = new ArrayList<>();

        queue.retryInOrder(10, waiting -> serveAndForgetFirst(waiting, served));

        assertThat(served).containsExactly(first, second);
        assertQueueIsEmptyAndTakesItsLimit();
    }

    @Test
    void shouldTryEachOnceWhenOneForgetsItsConnection() {
        addToQueue(second, 10);
        addToQueue(first, 40);
        addToQueue(second, 20);
        addToQueue(first, 30);
        List<Integer> waiting = new ArrayList<>();

        int served = queue.retryEach(each -> {
            if (each.port == first) {
                queue.forget(first);
                return true;
            }
            waiting.add(each.message.capacity());
            return false;
        });

        assertThat(served).isEqualTo(1);
        assertThat(waiting).containsExactly(10, 20);
        assertThat(queue.size()).isEqualTo(2);
        queue.retryEach(each -> true);
        assertQueueIsEmptyAndTakesItsLimit();
    }

    @Test
    void shouldKeepTheOrderOfWhatMustWaitLonger() {
        addToQueue(first, 1);
        addToQueue(second, 2);
        List<Integer> seen = new ArrayList<>();

        queue.retryInOrder(10, waiting -> false);
        queue.retryEach(waiting -> false);
        queue.retryInOrder(10, waiting -> seen.add(waiting.message.capacity()));

        assertThat(seen).containsExactly(1, 2);
    }

    @Test
    void shouldLetATomcatRegisterAnewWhenItsRequestsFindNoRoomWhileTheyAreTriedAgain() {
        ProcessorFixture array = fixture();
        ProcessorFixture.Tomcat tomcat = array.tomcat(1);
        long token = waitsAlone(array, tomcat);
        isBehind = true;
        tomcat.touch(ProcessorFixture.KEY);
        tomcat.write(4, ProcessorFixture.KEY, token, 0, 1, LARGE);
        tomcat.write(5, ProcessorFixture.KEY, token, 0, 1, LARGE);
        assertThat(array.counter("requests.waiting")).isEqualTo(5);

        isBehind = false;
        array.processor.doWork(array.clock.nowNs());

        assertThat(tomcat.mustRegister).isEqualTo(1);
        assertThat(array.counter("requests.waiting")).isZero();
    }

    @Test
    void shouldAnswerAnotherTomcatWhoseRequestWaitsBehindThose() {
        ProcessorFixture array = fixture();
        ProcessorFixture.Tomcat tomcat = array.tomcat(1);
        ProcessorFixture.Tomcat other = array.tomcat(2);
        long otherToken = other.create(1, OTHER_KEY);
        long token = waitsAlone(array, tomcat);
        isBehind = true;
        tomcat.touch(ProcessorFixture.KEY);
        tomcat.write(4, ProcessorFixture.KEY, token, 0, 1, LARGE);
        other.write(2, OTHER_KEY, otherToken, 0, 1, 8);

        isBehind = false;
        array.processor.doWork(array.clock.nowNs());

        assertThat(other.lastWritten().requestId()).isEqualTo(2);
        assertThat(other.lastWritten().status()).isEqualTo(WriteStatus.COMMITTED);
        assertThat(other.mustRegister).isZero();
        assertThat(tomcat.mustRegister).isEqualTo(1);
        assertThat(array.counter("requests.waiting")).isZero();
    }

    /** Two changes fill the queue of those that wait alone. */
    private long waitsAlone(ProcessorFixture array, ProcessorFixture.Tomcat tomcat) {
        long token = tomcat.create(1, ProcessorFixture.KEY);
        busy.add(ProcessorFixture.KEY);
        tomcat.write(2, ProcessorFixture.KEY, token, 0, 1, LARGE);
        tomcat.write(3, ProcessorFixture.KEY, token, 0, 1, LARGE);
        assertThat(array.counter("requests.waiting")).isEqualTo(2);
        return token;
    }

    private boolean serveAndForgetFirst(Waiting waiting, List<ClientPort> served) {
        served.add(waiting.port);
        if (waiting.port == first) {
            queue.forget(first);
        }
        return true;
    }

    private void addToQueue(ClientPort from, int length) {
        assertThat(queue.add(waiting(from, length))).isTrue();
    }

    private static Waiting waiting(ClientPort from, int length) {
        return new Waiting(from, new UnsafeBuffer(new byte[length]), 0, length, 0);
    }

    private void assertQueueIsEmptyAndTakesItsLimit() {
        assertThat(queue.isEmpty()).isTrue();
        addToQueue(first, 50);
        addToQueue(first, 50);
        assertThat(queue.add(waiting(first, 1))).isFalse();
    }

    private ProcessorFixture fixture() {
        HeapShares large = HeapShares.LARGEST;
        return new ProcessorFixture(
                this::slow,
                new HeapShares(
                        large.logBytes(),
                        large.changedSessions(),
                        large.copiedStandbys(),
                        2_048,
                        large.clientBytes(),
                        large.copyBytes(),
                        large.removedSessions(),
                        large.receivedBytes(),
                        large.ownedSessions()));
    }

    private SessionStore slow(SessionStore store) {
        return (SessionStore) Proxy.newProxyInstance(
                SessionStore.class.getClassLoader(), new Class<?>[] {SessionStore.class}, (proxy, method, given) -> {
                    try {
                        return switch (method.getName()) {
                            case "isBehind" -> isBehind;
                            case "load" -> busy.contains(given[0]) ? LoadResult.BUSY : method.invoke(store, given);
                            default -> method.invoke(store, given);
                        };
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}

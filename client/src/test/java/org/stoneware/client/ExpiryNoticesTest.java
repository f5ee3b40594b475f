package org.stoneware.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.testkit.storage.SessionRecordBuilder;

class ExpiryNoticesTest {
    private static final String SHOP = "shop";

    private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
    private final Map<String, ExpiryListener> listeners = new HashMap<>();
    private final List<String> fired = new ArrayList<>();
    private final List<Long> done = new ArrayList<>();
    private final ExpiryNotices notices =
            new ExpiryNotices((application, task) -> queue.add(task), 1024 * 1024, listeners::get, done::add);

    ExpiryNoticesTest() {
        listeners.put(SHOP, (record, logTimeMs) -> fired.add(record.key().id()));
    }

    @Test
    void shouldFireOnceHoweverOftenANoticeIsRepeatedWhileItWaits() {
        for (int i = 0; i < 20; i++) {
            offer(7);
        }
        runAll();

        assertThat(fired).containsExactly("S7");
        assertThat(done).containsExactly(7L);
    }

    @Test
    void shouldNotFireAgainWhatIsRepeatedWhileItsListenerRuns() {
        listeners.put(SHOP, (record, logTimeMs) -> {
            fired.add(record.key().id());
            offer(7);
            return true;
        });

        offer(7);
        runAll();

        assertThat(fired).containsExactly("S7");
    }

    @Test
    void shouldLeaveToBeRepeatedWhatThereIsNoRoomFor() {
        for (int job = 0; job < 1_000; job++) {
            offer(job);
        }
        assertThat(queue).hasSize(ExpiryNotices.MAX_WAITING);
        runAll();

        offer(999);
        runAll();

        assertThat(done).hasSize(ExpiryNotices.MAX_WAITING + 1).contains(999L).doesNotHaveDuplicates();
        assertThat(notices.waiting()).isZero();
    }

    @Test
    void shouldBoundTheBytesThatWaitButTakeOneOfAnySize() {
        ExpiryNotices small = new ExpiryNotices((application, task) -> queue.add(task), 10, listeners::get, done::add);

        small.offer(1, 0, record(SHOP, "S1"));
        small.offer(2, 0, record(SHOP, "S2"));
        runAll();
        small.offer(3, 0, record(SHOP, "S3"));
        runAll();

        assertThat(fired).containsExactly("S1", "S3");
    }

    @Test
    void shouldConfirmWhatAListenerFailedAt() {
        listeners.put(SHOP, (record, logTimeMs) -> {
            throw new NoClassDefFoundError("com/shop/Basket");
        });

        offer(7);
        runAll();

        assertThat(done).containsExactly(7L);
        assertThat(notices.waiting()).isZero();
    }

    @Test
    void shouldNotConfirmForAnApplicationStoppedMeanwhile() {
        offer(7);
        listeners.remove(SHOP);
        runAll();

        assertThat(fired).isEmpty();
        assertThat(done).isEmpty();
        assertThat(notices.waiting()).isZero();
    }

    @Test
    void shouldNotConfirmWhatAnApplicationDidNotHear() {
        listeners.put(SHOP, (record, logTimeMs) -> false);

        offer(7);
        runAll();

        assertThat(done).isEmpty();
        assertThat(notices.waiting()).isZero();
    }

    @Test
    void shouldTakeAgainWhatNoThreadCouldBeStartedFor() {
        boolean[] hasThread = {false};
        ExpiryNotices starved = new ExpiryNotices(
                (application, task) -> {
                    if (!hasThread[0]) {
                        throw new OutOfMemoryError("unable to create native thread");
                    }
                    queue.add(task);
                },
                1024,
                listeners::get,
                done::add);

        starved.offer(7, 0, record(SHOP, "S7"));
        assertThat(starved.waiting()).isZero();
        hasThread[0] = true;
        starved.offer(7, 0, record(SHOP, "S7"));
        runAll();

        assertThat(fired).containsExactly("S7");
    }

    private void offer(long job) {
        notices.offer(job, 0, record(SHOP, "S" + job));
    }

    private static SessionRecord record(String application, String id) {
        return new SessionRecordBuilder(SessionKey.of(application, id)).build();
    }

    private void runAll() {
        Runnable task;
        while ((task = queue.poll()) != null) {
            task.run();
        }
    }
}

package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;

/** A server whose store takes long to open. */
@Timeout(60)
class SlowStartTest implements SlowStart.Listener {
    private static final long NEVER_MS = 3_600_000;

    private final List<String> heard = new CopyOnWriteArrayList<>();
    private final CountDownLatch saidAgain = new CountDownLatch(2);
    private final CountDownLatch release = new CountDownLatch(1);
    private final CountDownLatch end = new CountDownLatch(1);

    @TempDir
    Path data;

    @Test
    void shouldSayNothingOfAStartThatEndsInTime() {
        new SlowStart(NEVER_MS, NEVER_MS, this).run(() -> heard.add("started"));

        assertThat(heard).containsExactly("started");
    }

    @Test
    void shouldGoOnAndSayAgainAndAgainThatItIsSlow() throws InterruptedException {
        new SlowStart(1, 1, this).run(() -> await(release));
        saidAgain.await();
        release.countDown();
        end.await();

        assertThat(heard).startsWith("slow", "still slow", "still slow").endsWith("end");
    }

    @Test
    void shouldSayOnEveryDoorWhatIsWaitedFor() {
        StartProgress progress = new StartProgress();
        long[] nowNs = {1_000_000_000L};
        StartingServer starting = new StartingServer(
                ServerAgentTest.context(data, (StoreSource) null, () -> 0).settings(),
                "1.0",
                progress,
                () -> nowNs[0],
                nowNs[0],
                () -> heard.add("stopped"));
        progress.is("store permanent-store is being opened in data/store");
        nowNs[0] += 7_000_000_000L;

        ClusterStatus status = starting.status();
        MemberStatus self = status.servers().get(0);
        boolean isStopped = starting.stop(false, "ann").isAccepted();

        assertThat(status.problems())
                .containsExactly("this server does not serve yet, 7 s after its start: store permanent-store is being"
                        + " opened in data/store");
        assertThat(self.role()).isEqualTo(ServerRole.START);
        assertThat(self.detail()).isEqualTo("store permanent-store is being opened in data/store");
        assertThat(starting.handOver("ann").isAccepted()).isFalse();
        assertThat(isStopped).isTrue();
        assertThat(heard).containsExactly("stopped");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void onSlow() {
        heard.add("slow");
    }

    @Override
    public void onStillSlow() {
        heard.add("still slow");
        saidAgain.countDown();
    }

    @Override
    public void onEnd() {
        heard.add("end");
        end.countDown();
    }
}

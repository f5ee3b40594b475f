package org.stoneware.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExpiryJobsTest {
    private static final int LARGE = (int) (ExpiryJobs.MAX_BYTES * 2 / 5);

    private final ExpiryJobs jobs = new ExpiryJobs();

    @Test
    void shouldDropTheOldestBeyondItsBytes() {
        jobs.add(job(1, LARGE));
        jobs.add(job(2, LARGE));
        long droppedBefore = jobs.dropped();

        jobs.add(job(3, LARGE));

        assertThat(droppedBefore).isZero();
        assertThat(jobs.dropped()).isEqualTo(1);
        assertThat(jobs.pending()).extracting(ExpiryJobs.Job::id).containsExactly(2L, 3L);
    }

    @Test
    void shouldKeepAllOfAnInstalledStateUntilAJobIsAdded() {
        jobs.install(job(1, LARGE));
        jobs.install(job(2, LARGE));
        jobs.install(job(3, LARGE));
        long droppedBefore = jobs.dropped();

        jobs.add(job(4, 1));

        assertThat(droppedBefore).isZero();
        assertThat(jobs.pending()).extracting(ExpiryJobs.Job::id).containsExactly(2L, 3L, 4L);
    }

    @Test
    void shouldSayWhenMoreThanHalfOfItsRoomIsTaken() {
        jobs.add(job(1, LARGE));
        boolean isHalfFull = jobs.isHalfFull(Set.of());

        jobs.add(job(2, LARGE));

        assertThat(isHalfFull).isFalse();
        assertThat(jobs.isHalfFull(Set.of())).isTrue();
    }

    @Test
    void shouldNotCountWhatLiesThereWhateverIsDone() {
        jobs.add(job(1, LARGE));
        jobs.add(job(2, LARGE));

        assertThat(jobs.isHalfFull(Set.of("shop"))).isFalse();
        assertThat(jobs.isHalfFull(Set.of("other"))).isTrue();
    }

    @Test
    void shouldDropJobsOfTheApplicationWithMostBytesBeyondItsBytes() {
        jobs.add(job(1, "small", LARGE / 4));
        jobs.add(job(2, "large", LARGE));
        jobs.add(job(3, "large", LARGE));

        jobs.add(job(4, "large", LARGE));

        assertThat(jobs.pending()).extracting(ExpiryJobs.Job::id).containsExactly(1L, 3L, 4L);
    }

    @Test
    void shouldDropJobsOfTheApplicationWithMostJobsBeyondTheirNumber() {
        jobs.add(job(1, "few", 1_000));
        for (int i = 2; i <= ExpiryJobs.MAX_JOBS; i++) {
            jobs.add(job(i, "many", 0));
        }

        jobs.add(job(ExpiryJobs.MAX_JOBS + 1, "few", 1_000));

        assertThat(jobs.isPending(1)).isTrue();
        assertThat(jobs.isPending(2)).isFalse();
        assertThat(jobs.pending("few")).isEqualTo(2);
    }

    @Test
    void shouldSayOnceWhoseJobsWereDropped() {
        jobs.add(job(1, LARGE));
        jobs.add(job(2, LARGE));
        jobs.add(job(3, LARGE));
        List<String> dropped = new ArrayList<>();

        jobs.takeDropped((application, count) -> dropped.add(application + " " + count));
        jobs.takeDropped((application, count) -> dropped.add(application + " " + count));

        assertThat(dropped).containsExactly("shop 1");
    }

    @Test
    void shouldFindTheNextJobOfAnApplication() {
        jobs.add(job(1, "a", 1));
        jobs.add(job(2, "b", 1));
        jobs.add(job(3, "a", 1));

        assertThat(jobs.after("a", 1)).isEqualTo(jobs.get(3));
        assertThat(jobs.after("a", 3)).isNull();
        assertThat(jobs.after("none", 0)).isNull();
    }

    @Test
    void shouldFindTheNextJobWhetherTheOneBeforeIsThereOrNot() {
        jobs.add(job(3, 1));
        jobs.add(job(7, 1));
        jobs.remove(3);

        assertThat(jobs.after(2)).isEqualTo(jobs.get(7));
        assertThat(jobs.after(3)).isEqualTo(jobs.get(7));
        assertThat(jobs.after(7)).isNull();
    }

    private static ExpiryJobs.Job job(long id, int length) {
        return job(id, "shop", length);
    }

    private static ExpiryJobs.Job job(long id, String application, int length) {
        return new ExpiryJobs.Job(id, application, new byte[length], 0);
    }
}

package org.stoneware.server.session;

import static org.assertj.core.api.Assertions.assertThat;

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
        boolean isHalfFull = jobs.isHalfFull();

        jobs.add(job(2, LARGE));

        assertThat(isHalfFull).isFalse();
        assertThat(jobs.isHalfFull()).isTrue();
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
        return new ExpiryJobs.Job(id, "shop", new byte[length], 0);
    }
}

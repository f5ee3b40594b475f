package org.stoneware.benchmarks;

/** Is told of every counter a user was answered. <b>Threading:</b> called on the thread of each user. */
interface AnswerListener {
    /** For runs that only want the sums. */
    AnswerListener NONE = (user, sentNs, answeredNs) -> {};

    /**
     * A request was answered with a counter.
     *
     * @param user       number of the user.
     * @param sentNs     of {@link System#nanoTime()}, before it was sent.
     * @param answeredNs when the whole answer was there.
     */
    void onAnswer(int user, long sentNs, long answeredNs);
}

package org.stoneware.server.replication;

/**
 * What became of the sessions one server changed alone while another was active too.
 *
 * @param adopted   taken over as they were there.
 * @param conflicts changed on both sides, or ended here: left as here.
 * @param removed   removed here because they had been removed there.
 * @param refused   not taken over, because there was no room.
 * @param discarded not compared, because nobody knows any more where the logs parted.
 */
public record ReconcileResult(long adopted, long conflicts, long removed, long refused, long discarded) {
    public static final ReconcileResult NONE = new ReconcileResult(0, 0, 0, 0, 0);

    /** True when there was nothing to decide. */
    public boolean isEmpty() {
        return adopted == 0 && conflicts == 0 && removed == 0 && refused == 0 && discarded == 0;
    }

    /** The sum of both. */
    public ReconcileResult plus(ReconcileResult more) {
        return new ReconcileResult(
                adopted + more.adopted,
                conflicts + more.conflicts,
                removed + more.removed,
                refused + more.refused,
                discarded + more.discarded);
    }

    /** What stays true of a round that broke off. */
    public ReconcileResult lasting() {
        return new ReconcileResult(adopted, 0, removed, 0, 0);
    }

    /** For people. */
    public String inWords() {
        return adopted + " taken over, " + conflicts + " changed on both sides and left as on the winner, " + removed
                + " removed" + (refused == 0 ? "" : ", " + refused + " lost for want of room")
                + (discarded == 0 ? "" : ", " + discarded + " lost because they can't be compared");
    }
}

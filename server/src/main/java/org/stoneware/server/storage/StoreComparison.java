package org.stoneware.server.storage;

import org.stoneware.spi.storage.SessionStore;

/**
 * Compares what two stores hold, slot by slot, by number and digest of the sessions. Both get every change meanwhile, so each slot is
 * equal at any moment or never.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class StoreComparison {
    private final Total one = new Total();
    private final Total other = new Total();

    private static final class Total implements SessionStore.DigestVisitor {
        private long count;
        private long digest;

        @Override
        public void onDigest(long keyHash64, long sessionDigest) {
            count++;
            // The key counts as well, so that two sessions that changed places are no match.
            digest += sessionDigest ^ Long.rotateLeft(keyHash64, 17);
        }

        void of(SessionStore store, int slot) {
            count = 0;
            digest = 0;
            store.visitDigests(slot, this);
        }
    }

    void restart() {
        one.count = 0;
        other.count = 0;
    }

    /** @return how they differ; empty when they are equal. */
    String compare(SessionStore expected, SessionStore found, int slot) {
        one.of(expected, slot);
        other.of(found, slot);
        if (one.count == other.count && one.digest == other.digest) {
            return "";
        }
        return "slot=" + slot + " sessions=" + other.count + " expected=" + one.count
                + (one.count == other.count ? " digests differ" : "");
    }

    /** @return how the numbers of all sessions differ; empty when they are equal. */
    static String count(SessionStore expected, SessionStore found) {
        long wanted = expected.figures().sessions();
        long held = found.figures().sessions();
        return wanted == held ? "" : "sessions=" + held + " expected=" + wanted;
    }
}

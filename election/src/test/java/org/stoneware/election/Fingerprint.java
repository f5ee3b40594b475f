package org.stoneware.election;

/** Stands for a state met in an exploration; two states with equal texts have equal ones, others hardly ever. */
record Fingerprint(long high, long low) {
    static Fingerprint of(CharSequence text) {
        long high = 0xcbf29ce484222325L;
        long low = 0x9e3779b97f4a7c15L;
        for (int i = 0; i < text.length(); i++) {
            high = (high ^ text.charAt(i)) * 0x100000001b3L;
            low = Long.rotateLeft(low, 5) * 0xff51afd7ed558ccdL + text.charAt(i);
        }
        return new Fingerprint(high, low);
    }
}

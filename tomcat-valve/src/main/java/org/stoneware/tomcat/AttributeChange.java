package org.stoneware.tomcat;

/** One change of an attribute, to tell it from the next one of the same attribute. */
final class AttributeChange {
    private volatile boolean isDropped;

    /** It was forgotten with a copy the array did not take changes of. */
    void drop() {
        isDropped = true;
    }

    boolean isDropped() {
        return isDropped;
    }
}

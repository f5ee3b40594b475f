package org.stoneware.api.session;

import org.agrona.DirectBuffer;

/** Sees the attributes of a record, or the changes of a delta, in the order they are stored. */
@FunctionalInterface
public interface AttributeVisitor {
    /**
     * One attribute.
     * <p>
     * <b>Ownership:</b> {@code buffer} is a view valid until this call returns; copy what is kept.
     *
     * @param removed     true in a delta that takes the attribute away; then {@code valueLength} is 0.
     * @param valueOffset where the value begins in {@code buffer}.
     * @param valueLength bytes of the value.
     */
    void onAttribute(
            AttributeKind kind, String name, boolean removed, DirectBuffer buffer, int valueOffset, int valueLength);
}

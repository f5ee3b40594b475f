package org.stoneware.wire.session;

import org.agrona.DirectBuffer;
import org.stoneware.wire.session.codec.MessageHeaderDecoder;

/** Checks the header of a message from outside before any field behind it is believed. */
final class MessageBounds {
    /** Versions below this one were never spoken. */
    private static final int FIRST_VERSION = 1;

    private MessageBounds() {}

    /** @throws WireException when the header is not one of the schema, or names more fixed fields than there are bytes. */
    static void check(MessageHeaderDecoder header, DirectBuffer message, int schemaId) {
        if (header.schemaId() != schemaId || header.version() < FIRST_VERSION) {
            throw new WireException("unknown schema: schemaId=" + header.schemaId() + " version=" + header.version());
        }
        if (MessageHeaderDecoder.ENCODED_LENGTH + header.blockLength() > message.capacity()) {
            throw new WireException("message shorter than its fields: template=" + header.templateId() + " blockLength="
                    + header.blockLength() + " length=" + message.capacity());
        }
    }

    /** @throws WireException when the message lacks fixed fields its template has had from the first version on. */
    static void checkBlock(MessageHeaderDecoder header, int expectedLength) {
        if (header.blockLength() < expectedLength) {
            throw new WireException("fields missing: template=" + header.templateId() + " blockLength="
                    + header.blockLength() + " expected=" + expectedLength);
        }
    }
}

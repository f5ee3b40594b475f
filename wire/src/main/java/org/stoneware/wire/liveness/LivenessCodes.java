package org.stoneware.wire.liveness;

import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;

/** Codes of enumerations on the wire, spelled out so that a reordered enumeration can't change the format. */
final class LivenessCodes {
    private LivenessCodes() {}

    static short codeOf(Hello.Kind kind) {
        return switch (kind) {
            case VALVE -> 1;
            case SERVER -> 2;
            case PROBE -> 3;
            case WITNESS -> 4;
            case VOTER -> 5;
        };
    }

    static Hello.Kind kindOf(int code) throws MalformedFrameException {
        return switch (code) {
            case 1 -> Hello.Kind.VALVE;
            case 2 -> Hello.Kind.SERVER;
            case 3 -> Hello.Kind.PROBE;
            case 4 -> Hello.Kind.WITNESS;
            case 5 -> Hello.Kind.VOTER;
            default -> throw new MalformedFrameException("unknown kind of caller: code=" + code);
        };
    }

    static short codeOf(HelloReply.Status status) {
        return switch (status) {
            case ACCEPTED -> 1;
            case NOT_ACTIVE -> 2;
            case INCOMPATIBLE -> 3;
            case REFUSED -> 4;
            case BUSY -> 5;
        };
    }

    static HelloReply.Status statusOf(int code) throws MalformedFrameException {
        return switch (code) {
            case 1 -> HelloReply.Status.ACCEPTED;
            case 2 -> HelloReply.Status.NOT_ACTIVE;
            case 3 -> HelloReply.Status.INCOMPATIBLE;
            case 4 -> HelloReply.Status.REFUSED;
            case 5 -> HelloReply.Status.BUSY;
            default -> throw new MalformedFrameException("unknown status of a reply: code=" + code);
        };
    }
}

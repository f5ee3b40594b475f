package org.stoneware.wire.session;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;

/** One message of each kind, by the name of its template. */
public final class SampleRequests {
    public static final SessionKey KEY = SessionKey.of("/shop", "AB12");
    public static final SessionKey NEW_KEY = SessionKey.of("/shop", "CD34");

    private static final List<OwnedSession> OWNED =
            List.of(new OwnedSession(KEY, 11, 1), new OwnedSession(NEW_KEY, 12, 2));

    private static final ClientRequestPublisher REQUESTS = new ClientRequestPublisher();
    private static final ClientResponsePublisher RESPONSES = new ClientResponsePublisher();

    private SampleRequests() {}

    static Map<String, byte[]> requests() {
        Map<String, byte[]> all = new LinkedHashMap<>();
        SessionDelta delta = delta();
        all.put(
                "Register",
                bytes(out -> REQUESTS.register(
                        out, 1, 2, 3, 4, 5, "tom", "0.1", new ToldVersions(6, 7), List.of("/a", "/b"), OWNED, 8)));
        all.put("Name", bytes(out -> REQUESTS.name(out, 1, 2, 3, 4, OWNED)));
        all.put("Renew", bytes(out -> REQUESTS.renew(out, 1, 2, 3)));
        all.put("GetOwn", bytes(out -> REQUESTS.getOwn(out, 1, 2, 3, 4, KEY)));
        all.put(
                "Write",
                bytes(out -> REQUESTS.write(out, 1, 2, 4, 5, 6, 7, 8, KEY, delta.buffer(), 0, delta.length())));
        all.put("Remove", bytes(out -> REQUESTS.remove(out, 1, 2, 4, 5, KEY)));
        all.put("Rename", bytes(out -> REQUESTS.rename(out, 1, 2, 4, 5, KEY, NEW_KEY)));
        all.put("Release", bytes(out -> REQUESTS.release(out, 1, 2, 3, 4, KEY)));
        ExpandableArrayBuffer run = new ExpandableArrayBuffer();
        int first = REQUESTS.appendTouch(run, 0, 9, KEY);
        int length = REQUESTS.appendTouch(run, first, 8, NEW_KEY);
        all.put("Touch", bytes(out -> REQUESTS.touch(out, 1, 2, run, length)));
        all.put("ExpiryDone", bytes(out -> REQUESTS.expiryDone(out, 1, 2)));
        all.put("Application", bytes(out -> REQUESTS.application(out, 1, true, "/a")));
        return all;
    }

    static Map<String, byte[]> responses() {
        Map<String, byte[]> all = new LinkedHashMap<>();
        all.put(
                "Registered",
                bytes(out -> RESPONSES.registered(out, 1, 2, 400, 4, new LogStart(8, 9), "s1", "logs", OWNED)));
        all.put("Named", bytes(out -> RESPONSES.named(out, 1, 2, 3, OWNED)));
        all.put("Renewed", bytes(out -> RESPONSES.renewed(out, 1, 2)));
        all.put("Owned", bytes(out -> RESPONSES.owned(out, 1, 2, 3, 4, 5, OwnStatus.LOADED, 1, 7, 9, record())));
        all.put("OwnedCurrent", bytes(out -> RESPONSES.owned(out, 1, 2, 3, 4, 5, OwnStatus.CURRENT, 0, 7, 9, null)));
        all.put("Written", bytes(out -> RESPONSES.written(out, 1, 2, 3, 4, WriteStatus.FULL, 1)));
        all.put("Recall", bytes(out -> RESPONSES.recall(out, 1, 2, 3, KEY)));
        all.put("Expired", bytes(out -> RESPONSES.expired(out, 1, 2, 3, record())));
        all.put("MustRegister", bytes(out -> RESPONSES.mustRegister(out, 1)));
        return all;
    }

    /** Sets {@code a} to one byte. */
    public static SessionDelta delta() {
        SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer());
        builder.put(AttributeKind.APPLICATION, "a", new UnsafeBuffer(new byte[] {42}), 0, 1)
                .finish();
        return new SessionDelta().wrap(builder.buffer(), 0);
    }

    public static SessionRecord record() {
        UnsafeBuffer out = new UnsafeBuffer(new byte[512]);
        SessionRecord.write(out, 0, KEY, null, delta(), new RecordStamp(5, 1, 5, 1_000, 1_000), 1_000);
        return new SessionRecord().wrap(out, 0);
    }

    public static byte[] bytes(ToIntFunction<ExpandableArrayBuffer> encode) {
        ExpandableArrayBuffer out = new ExpandableArrayBuffer();
        int length = encode.applyAsInt(out);
        return Arrays.copyOf(out.byteArray(), length);
    }
}

package org.stoneware.server.session;

import java.util.Map;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.replication.ReplicatedState.RowSource;
import org.stoneware.server.replication.ReplicatedState.RowVisitor;
import org.stoneware.wire.log.StateRowAdapter;
import org.stoneware.wire.log.StateRowListener;
import org.stoneware.wire.log.StateRowPublisher;
import org.stoneware.wire.replication.ReplicationProtocol;
import org.stoneware.wire.session.WireException;
import org.stoneware.wire.session.WriteStatus;

/**
 * Turns the replicated state that is not a session into rows, and rows into state: clients with their answers in order of their
 * registration, aliases and expiry jobs in order of their age, totals. The order is kept, because it decides what goes first when a
 * bound is reached.
 * <p>
 * <b>Failure:</b> a row that could not be one of a sound state throws {@link WireException}, and so does a row too few.
 */
final class StateRows implements StateRowListener {
    /** Bytes of a session in one row; a row is to stay below 1 MiB. */
    static final int MAX_PIECE_LENGTH = 512 * 1024;

    private final Map<ClientId, ReplyWindow> windows;
    private final SessionAliases aliases;
    private final ExpiryJobs expiryJobs;
    private final StateRowAdapter adapter = new StateRowAdapter();
    private final StateRowPublisher publisher = new StateRowPublisher();

    private ReplyWindow window = new ReplyWindow();
    private long lastRequestId;
    private long lastUntilMs = Long.MIN_VALUE;
    private long lastJobId;
    private byte @Nullable [] record;
    private int recordLimit;
    private boolean hasTotals;

    StateRows(Map<ClientId, ReplyWindow> windows, SessionAliases aliases, ExpiryJobs expiryJobs) {
        this.windows = windows;
        this.aliases = aliases;
        this.expiryJobs = expiryJobs;
    }

    void export(RowVisitor visitor) {
        ExpandableArrayBuffer row = new ExpandableArrayBuffer(4096);
        exportClientsAndAliases(row, visitor);
        for (ExpiryJobs.Job job : expiryJobs.pending()) {
            for (int done = 0; done < job.record().length; done += MAX_PIECE_LENGTH) {
                visitor.onRow(row, 0, encode(job, done, row));
            }
        }
        visitor.onRow(row, 0, encodeTotals(row));
    }

    /** As {@link #export}, later. The sessions of expiry jobs, by far the largest part, are not copied: they never change. */
    void copy(Consumer<RowSource> rows) {
        ExpandableArrayBuffer row = new ExpandableArrayBuffer(4096);
        RowVisitor copied = (bytes, offset, length) -> {
            byte[] copy = new byte[length];
            bytes.getBytes(offset, copy);
            rows.accept(into -> {
                into.putBytes(0, copy);
                return length;
            });
        };
        exportClientsAndAliases(row, copied);
        for (ExpiryJobs.Job job : expiryJobs.pending()) {
            for (int done = 0; done < job.record().length; done += MAX_PIECE_LENGTH) {
                int pieceOffset = done;
                rows.accept(into -> encode(job, pieceOffset, into));
            }
        }
        copied.onRow(row, 0, encodeTotals(row));
    }

    private void exportClientsAndAliases(MutableDirectBuffer row, RowVisitor visitor) {
        windows.forEach((client, each) -> {
            long[] ids = each.requestIds();
            int length = publisher.client(row, client.high(), client.low(), each.lowest(), ids.length, sink -> {
                for (long id : ids) {
                    long answer = each.answer(id);
                    sink.onAnswer(id, ReplyWindow.status(answer), ReplyWindow.version(answer));
                }
            });
            visitor.onRow(row, 0, length);
        });
        aliases.forEach((untilMs, from, to) -> visitor.onRow(row, 0, publisher.alias(row, untilMs, from, to)));
    }

    private int encode(ExpiryJobs.Job job, int pieceOffset, MutableDirectBuffer into) {
        int length = job.record().length;
        int piece = Math.min(MAX_PIECE_LENGTH, length - pieceOffset);
        UnsafeBuffer bytes = new UnsafeBuffer(job.record());
        return publisher.expiryJob(into, job.id(), job.logTimeMs(), length, pieceOffset, bytes, pieceOffset, piece);
    }

    private int encodeTotals(MutableDirectBuffer into) {
        return publisher.totals(
                into, windows.size(), aliases.size(), expiryJobs.pending().size(), expiryJobs.dropped());
    }

    void install(DirectBuffer row, int offset, int length) {
        check(!hasTotals, "row behind the totals");
        adapter.onRow(row, offset, length, this);
    }

    /** Nothing more comes. */
    void complete() {
        check(hasTotals, "totals are missing");
    }

    @Override
    public void onClient(long clientIdHigh, long clientIdLow, long lowestRequestId, int answers) {
        ClientId client = new ClientId(clientIdHigh, clientIdLow);
        check(answers <= ReplyWindow.MAX_ANSWERS, "too many answers: client=" + client + " answers=" + answers);
        check(lowestRequestId >= 0, "negative request: client=" + client + " lowest=" + lowestRequestId);
        window = new ReplyWindow();
        window.installLowest(lowestRequestId);
        lastRequestId = lowestRequestId - 1;
        check(windows.put(client, window) == null, "client comes twice: client=" + client);
    }

    @Override
    public void onAnswer(long requestId, WriteStatus status, long version) {
        check(requestId > lastRequestId, "answer out of order: requestId=" + requestId + " after=" + lastRequestId);
        check(version >= 0 && version <= ReplyWindow.MAX_VERSION, "no version: version=" + version);
        lastRequestId = requestId;
        window.install(requestId, status, version);
    }

    @Override
    public void onAlias(long untilMs, SessionKey from, SessionKey to) {
        check(untilMs >= lastUntilMs, "alias out of order: untilMs=" + untilMs + " after=" + lastUntilMs);
        // An id that was taken was nobody's old id any more; so there is no circle.
        check(
                !from.equals(to) && !aliases.contains(from) && !aliases.contains(to),
                "alias out of place: from=" + from + " to=" + to);
        lastUntilMs = untilMs;
        aliases.add(from, to, untilMs);
    }

    @Override
    public void onExpiryJob(
            long jobId, long logTimeMs, int recordLength, int pieceOffset, DirectBuffer piece, int offset, int length) {
        byte[] into = record;
        if (into == null) {
            check(jobId > lastJobId, "expiry job out of order: jobId=" + jobId + " after=" + lastJobId);
            check(
                    recordLength >= SessionRecord.HEADER_LENGTH
                            && recordLength <= ReplicationProtocol.MAX_CONTENT_LENGTH
                            && expiryJobs.pending().size() < ExpiryJobs.MAX_JOBS,
                    "expiry job out of bounds: jobId=" + jobId + " recordLength=" + recordLength);
            into = new byte[recordLength];
            record = into;
            recordLimit = 0;
            lastJobId = jobId;
        }
        check(
                jobId == lastJobId && into.length == recordLength && pieceOffset == recordLimit,
                "piece out of order: jobId=" + jobId + " pieceOffset=" + pieceOffset);
        check(length > 0 && length <= recordLength - recordLimit, "piece too long: jobId=" + jobId);
        piece.getBytes(offset, into, recordLimit, length);
        recordLimit += length;
        if (recordLimit == recordLength) {
            addJob(jobId, logTimeMs, into);
        }
    }

    private void addJob(long jobId, long logTimeMs, byte[] bytes) {
        UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        @Nullable String problem = SessionRecord.problem(buffer, 0, bytes.length);
        check(problem == null, "expiry job without a session: jobId=" + jobId + " problem=" + problem);
        String application = new SessionRecord().wrap(buffer, 0).key().application();
        expiryJobs.install(new ExpiryJobs.Job(jobId, application, bytes, logTimeMs));
        record = null;
    }

    @Override
    public void onTotals(int clients, int aliasCount, int jobs, long droppedJobs) {
        check(
                record == null
                        && clients == windows.size()
                        && aliasCount == aliases.size()
                        && jobs == expiryJobs.pending().size()
                        && droppedJobs >= 0,
                "rows are missing: clients=" + windows.size() + " of " + clients + " aliases=" + aliases.size() + " of "
                        + aliasCount + " expiryJobs=" + expiryJobs.pending().size() + " of " + jobs);
        expiryJobs.installDropped(droppedJobs);
        hasTotals = true;
    }

    private static void check(boolean isTrue, String otherwise) {
        if (!isTrue) {
            throw new WireException("bad row: " + otherwise);
        }
    }
}

package org.stoneware.client;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.wire.session.WireException;
import org.stoneware.wire.witness.WitnessAdapter;
import org.stoneware.wire.witness.WitnessListener;
import org.stoneware.wire.witness.WitnessProtocol;
import org.stoneware.wire.witness.WitnessPublisher;

/**
 * Answers servers that ask whether another server is heard.
 * <p>
 * What counts is only an answer to a probe that was sent after the question: heartbeats and frames may have waited in a buffer since
 * before their sender died, and a kernel acknowledges for a frozen process. See docs/adr/0043.
 * <pre>
 *  seen after the question                                     answer
 *  the process asked about answers the probe, its agent runs   heard, at once
 *  another process answers it, or its agent hangs              not heard, at once
 *  no link, and a new connection is refused                    not heard, at once
 *  nothing of all that for {@link #PATIENCE_NS}                          not heard
 * </pre>
 * <b>Threading:</b> the agent thread. Time is a parameter.
 * <p>
 * <b>Limits:</b> {@link #MAX_OPEN} questions; a server's newest question about another replaces the one before.
 */
final class WitnessDesk {
    static final long PATIENCE_NS = TimeUnit.MILLISECONDS.toNanos(60);

    private static final int MAX_OPEN = 16;
    /** A refusal so long before the question is news enough. */
    private static final long FRESH_NS = TimeUnit.MILLISECONDS.toNanos(100);
    /** An agent that has not run for longer does nothing for anybody; servers judge each other by the same time. */
    private static final int MAX_AGENT_AGE_MS = 800;

    private final Sight sight;
    private final List<Question> open = new ArrayList<>();
    /** Whether a server's process has said last that it acknowledges alone, oldest word first. */
    private final Map<Long, Boolean> solo = new LinkedHashMap<>();

    private final WitnessAdapter adapter = new WitnessAdapter();
    private final WitnessPublisher messages = new WitnessPublisher();
    private final UnsafeBuffer out = new UnsafeBuffer(new byte[WitnessProtocol.MAX_MESSAGE_LENGTH]);
    private long lastProbe;
    private long refusedMessages;

    /** What this Tomcat sees of the servers. */
    interface Sight {
        /** The link to a server that is greeted; null when there is none. */
        @Nullable
        LivenessLink linkTo(String serverName);

        /** Whether there is no link to a server and the attempt to make one was refused at that time or later. */
        boolean isRefusedSince(String serverName, long timeNs);

        /** Tries at once to link to a server that is not linked; nothing happens when that is under way or it is not known. */
        void reach(String serverName);
    }

    /** One question that has no answer yet. */
    private static final class Question {
        final LivenessLink asker;
        final long id;
        final String serverName;
        final long incarnation;
        final long askedNs;

        @Nullable
        LivenessLink probed;

        long probe;

        Question(LivenessLink asker, long id, String serverName, long incarnation, long askedNs) {
            this.asker = asker;
            this.id = id;
            this.serverName = serverName;
            this.incarnation = incarnation;
            this.askedNs = askedNs;
        }
    }

    WitnessDesk(Sight sight) {
        this.sight = sight;
    }

    /** Takes in a message of a link; what is no message of a witness is counted and dropped. */
    void onMessage(LivenessLink from, DirectBuffer message, long nowNs) {
        try {
            adapter.onMessage(message, 0, message.capacity(), new WitnessListener() {
                @Override
                public void onQuestion(long questionId, String serverName, long incarnation) {
                    asked(new Question(from, questionId, serverName, incarnation, nowNs));
                }

                @Override
                public void onSoloNotice(long incarnation, boolean isSolo) {
                    noticed(incarnation, isSolo);
                }

                @Override
                public void onProbeAnswer(long number, long incarnation, int agentAgeMs) {
                    probeAnswered(number, incarnation, agentAgeMs, nowNs);
                }
            });
        } catch (WireException e) {
            refusedMessages++;
        }
    }

    /** Looks after open questions. Returns the amount of work done. */
    int doWork(long nowNs) {
        int work = 0;
        for (int i = open.size() - 1; i >= 0; i--) {
            Question question = open.get(i);
            if (isHopeless(question, nowNs)) {
                open.remove(i);
                answer(question, false, nowNs);
                work++;
            } else {
                work += look(question);
            }
        }
        return work;
    }

    long refusedMessages() {
        return refusedMessages;
    }

    /** Only the newest few processes matter: servers that are asked about have ended lately. */
    private void noticed(long incarnation, boolean isSolo) {
        solo.remove(incarnation);
        solo.put(incarnation, isSolo);
        if (solo.size() > MAX_OPEN) {
            solo.remove(solo.keySet().iterator().next());
        }
    }

    private void asked(Question question) {
        open.removeIf(other -> other.asker.id() == question.asker.id() && other.serverName.equals(question.serverName));
        if (open.size() < MAX_OPEN) {
            open.add(question);
        }
    }

    private boolean isHopeless(Question question, long nowNs) {
        return nowNs - question.askedNs >= PATIENCE_NS
                || sight.isRefusedSince(question.serverName, question.askedNs - FRESH_NS);
    }

    private int look(Question question) {
        @Nullable LivenessLink link = sight.linkTo(question.serverName);
        if (link == null) {
            sight.reach(question.serverName);
            return 0;
        }
        if (link == question.probed) {
            return 0;
        }
        question.probed = link;
        question.probe = ++lastProbe;
        link.sendMessage(out, 0, messages.probe(out, question.probe));
        return 1;
    }

    private void probeAnswered(long number, long incarnation, int agentAgeMs, long nowNs) {
        for (int i = open.size() - 1; i >= 0; i--) {
            Question question = open.get(i);
            if (question.probe == number) {
                open.remove(i);
                boolean isTheOne = question.incarnation == 0 || question.incarnation == incarnation;
                answer(question, isTheOne && agentAgeMs <= MAX_AGENT_AGE_MS, nowNs);
            }
        }
    }

    private void answer(Question question, boolean isHeard, long nowNs) {
        int ageMs = (int) TimeUnit.NANOSECONDS.toMillis(nowNs - question.askedNs);
        boolean wasSolo = solo.getOrDefault(question.incarnation, false);
        question.asker.sendMessage(out, 0, messages.answer(out, question.id, isHeard, ageMs, wasSolo));
    }
}

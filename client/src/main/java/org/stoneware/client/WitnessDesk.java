package org.stoneware.client;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.wire.session.WireException;
import org.stoneware.wire.witness.WitnessAdapter;
import org.stoneware.wire.witness.WitnessListener;
import org.stoneware.wire.witness.WitnessProtocol;
import org.stoneware.wire.witness.WitnessPublisher;

/**
 * Answers servers that ask whether another server is heard.
 * <p>
 * What counts is only an answer to a probe that was sent after the question, or after one before it that had no answer yet: heartbeats
 * and frames may have waited in a buffer since before their sender died, and a kernel acknowledges for a frozen process. See
 * docs/adr/0043.
 * <pre>
 *  seen after the question                                     answer
 *  the process asked about answers the probe, its agent runs   heard, at once, and also after a "not heard"
 *  another process answers it, or its agent hangs              not heard, at once
 *  no link, and a new connection is refused                    not heard, at once
 *  nothing of all that in time                                 not heard
 * </pre>
 * Before each answer to which a server that runs has answered the probe goes what it is, as it has told this Tomcat over the same link:
 * which process, in which role and epoch. What it told earlier and does not stand by now is never told. See docs/adr/0302.
 * <p>
 * In time is {@link #PATIENCE_NS}, or {@link #PATIENCE_FACTOR} times what a probe of the server that asks takes if that is longer; and
 * such a probe, sent when that time is over, has been answered. So a Tomcat that is starved itself, or shares a starved machine with the
 * servers, bears no false witness. See docs/adr/0201.
 * <p>
 * <b>Threading:</b> the agent thread. Time is a parameter.
 * <p>
 * <b>Limits:</b> {@link #MAX_OPEN} pairs of servers; a server's newest question about another replaces the one before.
 */
final class WitnessDesk {
    static final long PATIENCE_NS = TimeUnit.MILLISECONDS.toNanos(60);

    static final int PATIENCE_FACTOR = 4;

    private static final int MAX_OPEN = 16;
    /** A refusal so long before the question is news enough. */
    private static final long FRESH_NS = TimeUnit.MILLISECONDS.toNanos(100);
    /** A late answer to a probe is told for so long after the last question. */
    private static final long LATE_NS = TimeUnit.SECONDS.toNanos(1);
    /** A server that still wants to know has asked again long before; one that is gone never will. */
    private static final long FORGOTTEN_NS = TimeUnit.SECONDS.toNanos(10);
    /** An agent that has not run for longer does nothing for anybody; servers judge each other by the same time. */
    private static final int MAX_AGENT_AGE_MS = 800;

    private static final long NO_PROBE = 0;

    private final Sight sight;
    private final List<Question> questions = new ArrayList<>();
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

        /** What the server that is greeted over {@link #linkTo} has said of itself last; null when there is no such link. */
        @Nullable
        Standing standingOf(String serverName);

        /** Whether there is no link to a server and the attempt to make one was refused at that time or later. */
        boolean isRefusedSince(String serverName, long timeNs);

        /** Tries at once to link to a server that is not linked; nothing happens when that is under way or it is not known. */
        void reach(String serverName);
    }

    /** What a server says of itself. */
    record Standing(long incarnation, ServerRole role, long epoch) {}

    /** What one server asks about another, again and again; only the newest question is answered. */
    private static final class Question {
        final LivenessLink asker;
        final String serverName;
        final long incarnation;
        long id;
        long askedNs;
        boolean isOpen;
        /** When the wait for an answer began that is going on. */
        long waitingSinceNs;

        long patienceNs = PATIENCE_NS;

        @Nullable
        LivenessLink probed;

        long probe = NO_PROBE;
        long probeBefore = NO_PROBE;
        long control = NO_PROBE;
        long controlSentNs;

        Question(LivenessLink asker, String serverName, long incarnation) {
            this.asker = asker;
            this.serverName = serverName;
            this.incarnation = incarnation;
        }

        void asked(long newId, long nowNs) {
            id = newId;
            askedNs = nowNs;
            if (!isOpen) {
                isOpen = true;
                waitingSinceNs = nowNs;
                probed = null;
                control = NO_PROBE;
            }
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
                    asked(from, questionId, serverName, incarnation, nowNs);
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
        questions.removeIf(question -> nowNs - question.askedNs >= (question.isOpen ? FORGOTTEN_NS : LATE_NS));
        for (Question question : questions) {
            if (!question.isOpen) {
                continue;
            }
            if (sight.isRefusedSince(question.serverName, question.askedNs - FRESH_NS)) {
                answer(question, false, nowNs);
                work++;
            } else {
                work += look(question);
                work += control(question, nowNs);
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

    private void asked(LivenessLink asker, long id, String serverName, long incarnation, long nowNs) {
        Question question = null;
        for (Question other : questions) {
            if (other.asker.id() == asker.id() && other.serverName.equals(serverName)) {
                question = other;
            }
        }
        if (question == null || question.incarnation != incarnation) {
            questions.remove(question);
            if (questions.size() >= MAX_OPEN) {
                return;
            }
            question = new Question(asker, serverName, incarnation);
            questions.add(question);
        }
        question.asked(id, nowNs);
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
        question.probeBefore = question.probe;
        question.probe = ++lastProbe;
        link.sendMessage(out, 0, messages.probe(out, question.probe));
        return 1;
    }

    /** When the time for an answer is over, the server that asks shows how fast answers come just now. */
    private int control(Question question, long nowNs) {
        if (question.control != NO_PROBE || nowNs - question.waitingSinceNs < question.patienceNs) {
            return 0;
        }
        long number = ++lastProbe;
        if (!question.asker.sendMessage(out, 0, messages.probe(out, number))) {
            return 0;
        }
        question.control = number;
        question.controlSentNs = nowNs;
        return 1;
    }

    private void controlAnswered(Question question, long nowNs) {
        question.control = NO_PROBE;
        question.patienceNs = Math.max(PATIENCE_NS, PATIENCE_FACTOR * (nowNs - question.controlSentNs));
        if (question.isOpen && question.controlSentNs - question.waitingSinceNs >= question.patienceNs) {
            answer(question, false, nowNs);
        }
    }

    private void probeAnswered(long number, long incarnation, int agentAgeMs, long nowNs) {
        for (Question question : questions) {
            if (number == question.control) {
                controlAnswered(question, nowNs);
            } else if (number == question.probe || number == question.probeBefore) {
                boolean isTheOne = question.incarnation == 0 || question.incarnation == incarnation;
                boolean isHeard = isTheOne && agentAgeMs <= MAX_AGENT_AGE_MS;
                // What an older probe has not found the newer may still find.
                if (isHeard || question.isOpen && number == question.probe) {
                    if (agentAgeMs <= MAX_AGENT_AGE_MS) {
                        tellRole(question, incarnation);
                    }
                    answer(question, isHeard, nowNs);
                }
            }
        }
    }

    /** Before the answer, so that whoever acts upon that knows it. */
    private void tellRole(Question question, long incarnation) {
        @Nullable Standing standing = sight.standingOf(question.serverName);
        if (standing != null && standing.incarnation() == incarnation) {
            question.asker.sendMessage(
                    out, 0, messages.role(out, question.id, incarnation, standing.role(), standing.epoch()));
        }
    }

    private void answer(Question question, boolean isHeard, long nowNs) {
        question.isOpen = false;
        int ageMs = (int) TimeUnit.NANOSECONDS.toMillis(nowNs - question.waitingSinceNs);
        boolean wasSolo = solo.getOrDefault(question.incarnation, false);
        question.asker.sendMessage(out, 0, messages.answer(out, question.id, isHeard, ageMs, wasSolo));
    }
}

package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.wire.witness.WitnessAdapter;
import org.stoneware.wire.witness.WitnessListener;

class WitnessLinksTest {
    private static final int PEER = 1;
    private static final long PROCESS = 11;

    private final List<String> evidence = new ArrayList<>();
    private long nowNs;
    private int counted;
    private int linked;
    private final Set<Long> strangers = new HashSet<>();
    private final WitnessLinks witnesses = new WitnessLinks(new WitnessLinks.Listener() {
        @Override
        public void onWitness(Evidence told) {
            boolean isRole = told.kind() == Evidence.Kind.WITNESS_ROLE;
            evidence.add(told.kind() + " " + told.memberId() + " "
                    + (isRole ? told.incarnation() + " " + told.role() + " " + told.epoch() : told.count()));
        }

        @Override
        public void onWitnesses(Evidence.Kind kind, int count) {
            if (kind == Evidence.Kind.WITNESSES) {
                counted = count;
            } else {
                linked = count;
            }
        }

        @Override
        public boolean isRegistered(long idHigh, long idLow) {
            return !strangers.contains(idLow);
        }
    });

    @Test
    void shouldCountATomcatOnceHoweverManyLinksItHas() {
        Link served = accept(Hello.Kind.VALVE, 1);
        Link standing = accept(Hello.Kind.WITNESS, 1);

        int asked = witnesses.ask(PEER, "Server2", PROCESS);
        witnesses.onAnswer(served, served.question(), false, false);
        witnesses.onAnswer(standing, standing.question(), false, false);

        assertThat(asked).isEqualTo(1);
        assertThat(witnesses.reachable()).isEqualTo(1);
        assertThat(evidence).containsExactly("WITNESS_DEAD 1 1");
    }

    @Test
    void shouldTellWhatEveryTomcatSays() {
        Link one = accept(Hello.Kind.VALVE, 1);
        Link two = accept(Hello.Kind.WITNESS, 2);

        witnesses.ask(PEER, "Server2", PROCESS);
        witnesses.onAnswer(one, one.question(), true, false);
        witnesses.onAnswer(two, two.question(), false, false);

        assertThat(evidence).containsExactly("WITNESS_ALIVE 1 1", "WITNESS_DEAD 1 1");
    }

    @Test
    void shouldLetALateHeardCountAndDropALateNotHeard() {
        Link one = accept(Hello.Kind.WITNESS, 1);
        Link two = accept(Hello.Kind.WITNESS, 2);
        witnesses.ask(PEER, "Server2", PROCESS);
        long first = one.question();
        witnesses.ask(PEER, "Server2", PROCESS);

        witnesses.onAnswer(one, first, true, false);
        witnesses.onAnswer(two, first, false, false);

        assertThat(evidence).containsExactly("WITNESS_ALIVE 1 1");
    }

    @Test
    void shouldLetHeardContradictNotHeardOfTheSameTomcat() {
        Link one = accept(Hello.Kind.WITNESS, 1);
        witnesses.ask(PEER, "Server2", PROCESS);

        witnesses.onAnswer(one, one.question(), false, false);
        witnesses.onAnswer(one, one.question(), true, false);
        witnesses.onAnswer(one, one.question(), true, false);

        assertThat(evidence).containsExactly("WITNESS_DEAD 1 1", "WITNESS_ALIVE 1 1");
    }

    @Test
    void shouldCountAgainInTheNextRound() {
        Link one = accept(Hello.Kind.WITNESS, 1);
        witnesses.ask(PEER, "Server2", PROCESS);
        witnesses.onAnswer(one, one.question(), true, false);
        witnesses.ask(PEER, "Server2", PROCESS);

        witnesses.onAnswer(one, one.question(), false, false);

        assertThat(evidence).containsExactly("WITNESS_ALIVE 1 1", "WITNESS_DEAD 1 1");
    }

    /** A server that has just been started knows no Tomcat; what they say of an active it must hear all the same. */
    @Test
    void shouldHearFromATomcatThatIsNotRegisteredOnlyWhatRoleAServerIsIn() {
        strangers.add(1L);
        Link one = accept(Hello.Kind.WITNESS, 1);

        int asked = witnesses.ask(PEER, "Server2", PROCESS);
        witnesses.onRole(one, one.question(), PROCESS + 1, ServerRole.ACTIVE_COORDINATOR, 6);
        witnesses.onAnswer(one, one.question(), false, true);
        witnesses.onAnswer(one, one.question(), true, true);

        assertThat(asked).isZero();
        assertThat(evidence).containsExactly("WITNESS_ROLE 1 12 ACTIVE_COORDINATOR 6");
    }

    @Test
    void shouldNotHearRolesNobodyAskedFor() {
        Link one = accept(Hello.Kind.WITNESS, 1);
        witnesses.ask(PEER, "Server2", PROCESS);
        long question = one.question();

        witnesses.onRole(one, question + 256, PROCESS, ServerRole.ACTIVE_COORDINATOR, 6);
        witnesses.onRole(new Link(), question, PROCESS, ServerRole.ACTIVE_COORDINATOR, 6);

        assertThat(evidence).isEmpty();
    }

    @Test
    void shouldNotHearAnswersNobodyAskedFor() {
        Link one = accept(Hello.Kind.WITNESS, 1);
        witnesses.ask(PEER, "Server2", PROCESS);
        long question = one.question();

        witnesses.onAnswer(one, question + 256, true, false);
        witnesses.onAnswer(new Link(), question, true, false);

        assertThat(evidence).isEmpty();
    }

    @Test
    void shouldForgetATomcatWhoseLastLinkHasEnded() {
        Link served = accept(Hello.Kind.VALVE, 1);
        Link standing = accept(Hello.Kind.WITNESS, 1);

        witnesses.onClosed(served);
        assertThat(witnesses.reachable()).isEqualTo(1);
        witnesses.onClosed(standing);

        assertThat(witnesses.reachable()).isZero();
    }

    @Test
    void shouldCloseAnOlderStandingLinkOfTheSameTomcat() {
        Link older = accept(Hello.Kind.WITNESS, 1);
        Link newer = accept(Hello.Kind.WITNESS, 1);

        witnesses.onClosed(older);

        assertThat(older.isClosed).isTrue();
        assertThat(newer.isClosed).isFalse();
        assertThat(witnesses.ask(PEER, "Server2", PROCESS)).isEqualTo(1);
    }

    @Test
    void shouldTakeNoMoreTomcatsThanItsBound() {
        for (int i = 0; i < WitnessLinks.MAX_TOMCATS; i++) {
            accept(Hello.Kind.WITNESS, i);
        }

        assertThat(witnesses.onAccepted(new Link(), hello(Hello.Kind.WITNESS, -1)))
                .isFalse();
        assertThat(witnesses.onAccepted(new Link(), hello(Hello.Kind.WITNESS, 0)))
                .isTrue();
    }

    @Test
    void shouldTellThatTheServerAskedAboutWentOnAloneBeforeItCountsTheAnswer() {
        Link one = accept(Hello.Kind.WITNESS, 1);
        witnesses.ask(PEER, "Server2", PROCESS);

        witnesses.onAnswer(one, one.question(), false, true);

        assertThat(evidence).containsExactly("WITNESS_SOLO 1 1", "WITNESS_DEAD 1 1");
    }

    @Test
    void shouldTellEveryTomcatAlsoALaterOneWhetherItAcknowledgesAlone() {
        Link one = accept(Hello.Kind.VALVE, 1);

        witnesses.tellSolo(PROCESS, true);
        Link later = accept(Hello.Kind.WITNESS, 2);
        witnesses.doWork(PROCESS);
        witnesses.tellSolo(PROCESS, false);
        Link last = accept(Hello.Kind.WITNESS, 3);
        witnesses.doWork(PROCESS);

        assertThat(one.notices()).containsExactly(true, false);
        assertThat(later.notices()).containsExactly(true, false);
        assertThat(last.notices()).containsExactly(false);
    }

    /** It was told "alone", and was not linked when the standby was added: it would say "alone" for as long as the active runs. */
    @Test
    void shouldTellATomcatThatComesBackThatItAcknowledgesAloneNoMore() {
        Link before = accept(Hello.Kind.VALVE, 1);
        witnesses.tellSolo(PROCESS, true);
        witnesses.onClosed(before);
        witnesses.tellSolo(PROCESS, false);

        Link after = accept(Hello.Kind.VALVE, 1);
        witnesses.doWork(PROCESS);

        assertThat(after.notices()).containsExactly(false);
    }

    @Test
    void shouldTellNothingOfItselfWhileItIsNotActive() {
        witnesses.tellSolo(PROCESS, true);
        witnesses.forgetSolo();

        Link one = accept(Hello.Kind.VALVE, 1);
        witnesses.doWork(PROCESS);

        assertThat(one.notices()).isEmpty();
    }

    /** The active, its machine and every Tomcat there have ended at once; those that are started elsewhere have never reached it. */
    @Test
    void shouldCountTomcatsThatAreNotRegisteredOnceNoneThatIsHasALink() {
        strangers.add(2L);
        Link registered = accept(Hello.Kind.WITNESS, 1);
        Link stranger = accept(Hello.Kind.WITNESS, 2);
        assertThat(countFor(60_000, 3)).isEqualTo(3);
        witnesses.onClosed(registered);
        assertThat(countFor(4_800, 3)).isEqualTo(3);
        assertThat(countFor(300, 3)).isEqualTo(1);

        assertThat(witnesses.ask(PEER, "Server2", PROCESS)).isEqualTo(1);
        witnesses.onAnswer(stranger, stranger.question(), false, false);
        assertThat(evidence).containsExactly("WITNESS_DEAD 1 1");

        accept(Hello.Kind.WITNESS, 1);
        assertThat(countFor(200, 3)).isEqualTo(3);
    }

    /** This server was paused, and has not seen yet who is linked. */
    @Test
    void shouldNotCountItsOwnPauseAsTimeInWhichNobodyIsReached() {
        strangers.add(2L);
        accept(Hello.Kind.WITNESS, 2);
        countFor(1_000, 3);

        nowNs += 60_000_000_000L;

        assertThat(countFor(1_000, 3)).isEqualTo(3);
    }

    @Test
    void shouldCountNobodyInPlaceOfNone() {
        strangers.add(2L);
        accept(Hello.Kind.WITNESS, 2);

        assertThat(countFor(60_000, 0)).isZero();
        assertThat(linked).isEqualTo(1);
    }

    private int countFor(long ms, int registered) {
        for (long end = nowNs + ms * 1_000_000; nowNs < end; nowNs += 10_000_000) {
            witnesses.count(registered, nowNs);
        }
        return counted;
    }

    private Link accept(Hello.Kind kind, long id) {
        Link link = new Link();
        assertThat(witnesses.onAccepted(link, hello(kind, id))).isTrue();
        return link;
    }

    private static Hello hello(Hello.Kind kind, long id) {
        return new Hello(kind, Hello.PROTOCOL_VERSION, 9, id, 3, "tomcat", "test", List.of(), null, new byte[0]);
    }

    /** Keeps what is sent. */
    private static final class Link implements LivenessLink {
        private static long nextId = 1;
        final List<byte[]> sent = new ArrayList<>();
        boolean isClosed;
        private final long id = nextId++;

        /** Number of the question asked last. */
        long question() {
            long[] number = new long[1];
            byte[] message = sent.get(sent.size() - 1);
            new WitnessAdapter().onMessage(new UnsafeBuffer(message), 0, message.length, new WitnessListener() {
                @Override
                public void onQuestion(long questionId, String serverName, long incarnation) {
                    assertThat(serverName).isEqualTo("Server2");
                    assertThat(incarnation).isEqualTo(PROCESS);
                    number[0] = questionId;
                }
            });
            return number[0];
        }

        List<Boolean> notices() {
            List<Boolean> notices = new ArrayList<>();
            for (byte[] message : sent) {
                new WitnessAdapter().onMessage(new UnsafeBuffer(message), 0, message.length, new WitnessListener() {
                    @Override
                    public void onSoloNotice(long incarnation, boolean isSolo) {
                        assertThat(incarnation).isEqualTo(PROCESS);
                        notices.add(isSolo);
                    }
                });
            }
            return notices;
        }

        @Override
        public long id() {
            return id;
        }

        @Override
        public boolean isInitiator() {
            return false;
        }

        @Override
        public InetSocketAddress localAddress() {
            return new InetSocketAddress("127.0.0.1", 1);
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return new InetSocketAddress("127.0.0.1", 2);
        }

        @Override
        public void sendHello(Hello hello) {}

        @Override
        public void sendReply(HelloReply reply) {}

        @Override
        public boolean sendMessage(DirectBuffer buffer, int offset, int length) {
            byte[] bytes = new byte[length];
            buffer.getBytes(offset, bytes);
            sent.add(bytes);
            return !isClosed;
        }

        @Override
        public void goodbye(String reason) {
            isClosed = true;
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }
}

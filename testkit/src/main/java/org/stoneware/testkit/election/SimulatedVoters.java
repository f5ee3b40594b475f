package org.stoneware.testkit.election;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.VoterContact;

/**
 * The voters of a {@link SimulatedElectionNetwork} that are no servers. Their messages are lost, doubled and late like those of the
 * servers; a connection that ends is noticed at once or, when it is cut, after a while.
 */
public final class SimulatedVoters {
    private static final long MS = 1_000_000L;
    private static final long SILENCE_NS = 500 * MS;

    private final SimulatedTime time;
    private final SplittableRandom random;
    private final Supplier<ElectionFaults> faults;
    private final SimulatedServer[] servers;
    private final BiConsumer<SimulatedServer, Runnable> caller;
    private final List<Entry> entries = new ArrayList<>();
    private Factory factory = (idHigh, idLow) -> message -> null;
    private long lastId;

    SimulatedVoters(
            SimulatedTime time,
            SplittableRandom random,
            Supplier<ElectionFaults> faults,
            SimulatedServer[] servers,
            BiConsumer<SimulatedServer, Runnable> caller) {
        this.time = time;
        this.random = random;
        this.faults = faults;
        this.servers = servers;
        this.caller = caller;
    }

    /** Makes the voter under test. */
    public interface Factory {
        /** Opens the voter with an identity; one that was opened before remembers what it said. */
        Ballots open(long idHigh, long idLow);
    }

    /** One voter. */
    public interface Ballots {
        /** The answer to a message of a server's election, or null. */
        byte @Nullable [] onMessage(byte[] message);
    }

    void factory(Factory theFactory) {
        factory = theFactory;
    }

    /** Number of voters made so far. */
    public int size() {
        return entries.size();
    }

    /** Starts a new voter on a host of its own; its position is {@link #size()} before. */
    public void add(boolean isTomcat) {
        Entry entry = new Entry(isTomcat, entries.size(), servers.length);
        entries.add(entry);
        start(entries.size() - 1);
    }

    /** Starts a voter: a Tomcat as a new voter, an external one as the one it was. Nothing happens when it runs. */
    public void start(int position) {
        Entry entry = entries.get(position);
        if (entry.ballots != null) {
            return;
        }
        if (entry.isTomcat || entry.idLow == 0) {
            entry.idHigh = 77;
            entry.idLow = ++lastId;
        }
        entry.ballots = factory.open(entry.idHigh, entry.idLow);
        for (SimulatedServer server : servers) {
            reconnect(entry, server);
        }
    }

    /** Ends a voter. */
    public void crash(int position) {
        Entry entry = entries.get(position);
        if (entry.ballots == null) {
            return;
        }
        VoterContact contact = entry.contact();
        entry.ballots = null;
        for (SimulatedServer server : servers) {
            tell(server, election -> election.onVoter(contact, false, time.nowNs()), random.nextLong(4 * MS));
        }
    }

    /** Cuts a voter from a server, or joins them again. */
    public void cut(int position, int server, boolean isCut) {
        Entry entry = entries.get(position);
        if (entry.isCut[server] == isCut) {
            return;
        }
        entry.isCut[server] = isCut;
        if (!isCut) {
            reconnect(entry, servers[server]);
        } else if (entry.ballots != null) {
            VoterContact contact = entry.contact();
            tell(
                    servers[server],
                    election -> {
                        if (entry.isCut[server]) {
                            election.onVoter(contact, false, time.nowNs());
                        }
                    },
                    SILENCE_NS);
        }
    }

    /** Starts all and joins all. */
    public void heal() {
        for (int position = 0; position < entries.size(); position++) {
            start(position);
            for (int server = 0; server < servers.length; server++) {
                cut(position, server, false);
            }
        }
    }

    void onStart(SimulatedServer server) {
        for (Entry entry : entries) {
            reconnect(entry, server);
        }
    }

    private void reconnect(Entry entry, SimulatedServer server) {
        if (entry.ballots == null || server.election == null) {
            return;
        }
        VoterContact contact = entry.contact();
        long id = entry.idLow;
        tell(
                server,
                election -> {
                    if (entry.isConnected(server, id)) {
                        election.onVoter(contact, true, time.nowNs());
                    }
                },
                random.nextLong(50 * MS));
    }

    private void tell(SimulatedServer server, Consumer<Election> telling, long delayNs) {
        if (server.election != null) {
            time.at(
                    time.nowNs() + delayNs,
                    server,
                    () -> caller.accept(server, () -> telling.accept(server.mustElection())));
        }
    }

    void post(SimulatedServer from, long idHigh, long idLow, byte[] message) {
        for (Entry entry : entries) {
            if (entry.idHigh == idHigh && entry.idLow == idLow) {
                carry(() -> receive(entry, idLow, from, message));
            }
        }
    }

    private void receive(Entry entry, long id, SimulatedServer from, byte[] message) {
        Ballots ballots = entry.ballots;
        if (ballots == null || !entry.isConnected(from, id)) {
            return;
        }
        byte[] answer = ballots.onMessage(message);
        if (answer != null) {
            long high = entry.idHigh;
            carry(() -> {
                if (from.election != null && entry.isConnected(from, id)) {
                    time.at(
                            time.nowNs(),
                            from,
                            () -> caller.accept(from, () -> from.mustElection()
                                    .onVoterMessage(
                                            high, id, new UnsafeBuffer(answer), 0, answer.length, time.nowNs())));
                }
            });
        }
    }

    private void carry(Runnable delivery) {
        ElectionFaults present = faults.get();
        if (random.nextInt(1000) < present.lossPerMille()) {
            return;
        }
        int copies = random.nextInt(1000) < present.duplicatesPerMille() ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            boolean isStraggler = random.nextInt(1000) < present.stragglersPerMille();
            long delayNs = isStraggler ? random.nextLong(1_000 * MS) : MS / 10 + random.nextLong(present.maxDelayNs());
            time.at(time.nowNs() + delayNs, delivery);
        }
    }

    private static final class Entry {
        private final boolean isTomcat;
        private final int position;
        private final boolean[] isCut;
        private long idHigh;
        private long idLow;
        private @Nullable Ballots ballots;

        Entry(boolean isTomcat, int position, int servers) {
            this.isTomcat = isTomcat;
            this.position = position;
            this.isCut = new boolean[servers];
        }

        VoterContact contact() {
            return new VoterContact(idHigh, idLow, isTomcat, "voter" + position, "host" + position, false);
        }

        boolean isConnected(SimulatedServer server, long id) {
            return ballots != null && idLow == id && !isCut[server.id];
        }
    }
}

package org.stoneware.spi.election;

import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Settings of one election.
 *
 * @param selfId          this server's position in the configuration file, from 0.
 * @param memberNames     names of all configured servers in file order.
 * @param incarnation     random number of this process start; never 0.
 * @param electionTimeNs  longest wait for peers that give no evidence at all.
 * @param directory       where the register is kept; belongs to the election alone, exists, survives the emptying of stores.
 * @param persistence     whether sessions outlive the process as of now: the store may be exchanged while the server runs. Asked on the
 *                        thread of the election.
 * @param priority        what goes before what when servers lose sight of each other.
 * @param held            what this server found of the sessions when it started; of no meaning in temporary modes.
 */
public record ElectionContext(
        int selfId,
        List<String> memberNames,
        long incarnation,
        long electionTimeNs,
        Path directory,
        BooleanSupplier persistence,
        FailoverPriority priority,
        HeldCopy held) {
    public ElectionContext {
        memberNames = List.copyOf(memberNames);
    }

    /** A server whose store is the same all the time. */
    public ElectionContext(
            int selfId,
            List<String> memberNames,
            long incarnation,
            long electionTimeNs,
            Path directory,
            boolean isStorePersistent,
            FailoverPriority priority,
            HeldCopy held) {
        this(selfId, memberNames, incarnation, electionTimeNs, directory, () -> isStorePersistent, priority, held);
    }

    /** False in temporary modes: what this server held before its start is gone, and what it holds goes with the process. */
    public boolean isStorePersistent() {
        return persistence.getAsBoolean();
    }

    /** A server that holds what the register says it holds. */
    public ElectionContext(
            int selfId,
            List<String> memberNames,
            long incarnation,
            long electionTimeNs,
            Path directory,
            boolean isStorePersistent,
            FailoverPriority priority) {
        this(
                selfId,
                memberNames,
                incarnation,
                electionTimeNs,
                directory,
                isStorePersistent,
                priority,
                new HeldCopy(isStorePersistent, 0, 0, false));
    }

    /** Availability mode with the defaults of the store. */
    public ElectionContext(
            int selfId,
            List<String> memberNames,
            long incarnation,
            long electionTimeNs,
            Path directory,
            boolean isStorePersistent) {
        this(
                selfId,
                memberNames,
                incarnation,
                electionTimeNs,
                directory,
                isStorePersistent,
                FailoverPriority.availability(isStorePersistent));
    }
}

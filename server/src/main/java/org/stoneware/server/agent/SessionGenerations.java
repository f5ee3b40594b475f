package org.stoneware.server.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.EventType;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.server.role.GenerationSource;
import org.stoneware.server.role.SessionGeneration;
import org.stoneware.server.storage.GenerationPlace;
import org.stoneware.server.storage.OpenedStore;
import org.stoneware.spi.storage.Durability;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StorageException;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreListener;

/**
 * Makes copies of the sessions, each with a store and a directory of its own, so that an old copy stays whole until a new one is: {@code
 * <data>/store/<number>}. Where sessions outlive the process the file {@code CURRENT} names the one a restart opens, see
 * {@link GenerationMarker} and docs/adr/0161; what lies there besides was never whole, or was replaced, and goes at the start.
 * <p>
 * <b>Threading:</b> the agent thread, but for {@link #open(StoreOffer)}, {@link #trialContext} and {@link #roomProblem}.
 * <p>
 * <b>Limits:</b> each store may use the configured memory; while a copy is made there are two, and more only
 * while stores that are out of use are being closed, see {@link #forCopy}.
 */
final class SessionGenerations implements GenerationSource {
    private static final long MAX_RECOVERY_NS = TimeUnit.MINUTES.toNanos(5);
    private static final long TRIAL_MEMORY_BYTES = 64L << 20;
    /** Longest wait at the end for stores that are being closed; what is left of them goes at the next start. */
    private static final long CLOSE_WAIT_NS = TimeUnit.SECONDS.toNanos(2);

    private static final long RECOVERY_STEP_NS = TimeUnit.MICROSECONDS.toNanos(200);

    private final ServerContext context;
    private final EventLog events;
    private final int maxSessionBytes;
    private final StoreListener listener;
    private final Runnable wakeup;
    private final Path directory;
    private final GenerationDirectories directories;
    private final GenerationMarker marker;
    private final ProvedStores proofs;
    private final TriedStores tried;
    private final DiskWait diskWait;
    private final StoreCloser closer;
    private final CopyRoom room;
    private GenerationMarker.@Nullable Current current;
    private final AtomicInteger made = new AtomicInteger();
    private StoreOffer offer;
    private boolean isRunningTold;
    /** Of the copy that was begun last. */
    private @Nullable Place lastCopy;
    /** Directories the marker may name though its writing failed; nothing deletes them until the marker is written back and forced. */
    private final Set<Integer> doubtful = new HashSet<>();

    SessionGenerations(
            ServerContext context, EventLog events, int maxSessionBytes, StoreListener listener, Runnable wakeup) {
        this(context, events, maxSessionBytes, listener, wakeup, GenerationMarker::force);
    }

    /** @param forcing makes the marker durable. */
    SessionGenerations(
            ServerContext context,
            EventLog events,
            int maxSessionBytes,
            StoreListener listener,
            Runnable wakeup,
            GenerationMarker.Forcing forcing) {
        this.context = context;
        this.events = events;
        this.maxSessionBytes = maxSessionBytes;
        this.listener = listener;
        this.wakeup = wakeup;
        this.directory = context.settings().self().dataDirectory().resolve("store");
        this.directories = new GenerationDirectories(directory);
        this.marker = new GenerationMarker(directory, forcing);
        this.proofs = new ProvedStores(context.settings().self().dataDirectory());
        this.tried = new TriedStores(context.settings().self().dataDirectory());
        this.offer = context.stores().first();
        this.diskWait = new DiskWait(context.nanoClock());
        this.closer = new StoreCloser(events);
        this.room = CopyRoom.of(
                context.settings().self(), memoryBytes(context.settings().self()));
    }

    /** True when sessions of copies made from now on outlive the process. */
    boolean keepsSessions() {
        return offer.provider().keepsSessions();
    }

    /** Copies made from now on are in stores of this provider. */
    void use(StoreOffer next) {
        offer = next;
    }

    /** A start begins with stores of this provider. One thread at a time, which may wait for the disk. */
    void proved(StoreOffer proved) throws IOException {
        proofs.proved(proved.mode(), proved.maker());
        tried.end(proved);
    }

    /** Which stores sessions are being moved to. Any thread, which may wait for the disk. */
    TriedStores tried() {
        return tried;
    }

    /** Whose stores copies are made in. */
    StoreOffer inUse() {
        return offer;
    }

    /**
     * Opens what an earlier process left, or something empty.
     *
     * @throws StorageException when what was left can't be opened; the message says what to do.
     */
    SessionGeneration open() {
        try {
            context.stores().progress().is("store " + offer.inWords() + " is being opened in " + directory);
            Files.createDirectories(directory);
            // An end of the process in the middle of a trial leaves its sessions.
            delete(trials());
            current = marker.current();
            GenerationMarker.Current found = current;
            boolean isFound = found != null && Files.isDirectory(directory(found.number()));
            if (found != null && isFound && !found.mode().equals(offer.mode())) {
                setAside(found);
                isFound = false;
            } else if (found != null && !isFound) {
                setAsideAll(found);
            }
            removeLeftovers(isFound ? found : null);
            SessionGeneration opened = found != null && isFound ? recover(found) : get();
            if (keepsSessions()) {
                if (!isFound && !opened.store().place().publish(false)) {
                    throw new StorageException("cannot write in " + directory + "; see the line before");
                }
                running();
            }
            return opened;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot use " + directory, e);
        }
    }

    private SessionGeneration recover(GenerationMarker.Current found) throws IOException {
        made.accumulateAndGet(found.number(), Math::max);
        boolean isSuspect = found.isSuspect() || marker.mayLackAcknowledged(bootId());
        if (isSuspect && !found.isSuspect()) {
            write(found.suspect());
        }
        tellMaker(found);
        long startNs = context.nanoClock().getAsLong();
        SessionStore store = openStore(offer, directory(found.number()));
        context.stores()
                .progress()
                .is("what is kept beside the sessions is being read in " + directory(found.number()));
        // Found out at the opening, which forgets it; and by reading what is no session.
        isSuspect = rememberDamage(found, store, isSuspect);
        SessionGeneration opened =
                SessionGeneration.recover(opened(store, offer, found.number()), isSuspect, () -> work(store, startNs));
        rememberDamage(found, store, isSuspect);
        // Not before: who listens is there only once the sessions are.
        opened.store().listener(listener);
        events.info(
                "sessions-found",
                "found " + store.figures().sessions() + " sessions in " + directory(found.number())
                        + (opened.held().isComplete() ? "" : ", which were never whole")
                        + (opened.held().isSuspect() ? suspicion(store) : "")
                        + ": epoch=" + opened.held().epoch() + " lastIndex="
                        + opened.held().index() + " tookMs="
                        + TimeUnit.NANOSECONDS.toMillis(context.nanoClock().getAsLong() - startNs));
        return opened;
    }

    private void tellMaker(GenerationMarker.Current found) {
        if (!found.maker().isEmpty() && !found.maker().equals(offer.maker())) {
            events.info(
                    "storage",
                    "the sessions in " + directory(found.number()) + " were written by " + found.maker()
                            + " and are opened by " + offer.maker());
        }
    }

    private static String suspicion(SessionStore store) {
        return store.damage().isEmpty()
                ? "; the machine went down, or the disk was damaged before, so what was acknowledged may be missing"
                : "; " + store.damage();
    }

    private boolean rememberDamage(GenerationMarker.Current found, SessionStore store, boolean isSuspect)
            throws IOException {
        if (isSuspect || store.damage().isEmpty()) {
            return isSuspect;
        }
        write(found.suspect());
        events.warning(
                EventType.STORE_SUSPECT.externalName(),
                "what was found in " + directory(found.number()) + " may lack acknowledged changes: " + store.damage()
                        + "; another server whose copy is whole goes before this one");
        return true;
    }

    private void work(SessionStore store, long startNs) {
        long nowNs = context.nanoClock().getAsLong();
        if (nowNs - startNs > MAX_RECOVERY_NS) {
            throw new StorageException("a session could not be read from " + directory + " for " + MAX_RECOVERY_NS
                    + " ns; check the disk");
        }
        if (store.doWork(nowNs) == 0) {
            LockSupport.parkNanos(RECOVERY_STEP_NS);
        }
    }

    @Override
    public SessionGeneration get() {
        int number = made.incrementAndGet();
        SessionGeneration generation = new SessionGeneration(open(offer, number));
        generation.store().listener(listener);
        return generation;
    }

    @Override
    public SessionGeneration forCopy() {
        Place before = lastCopy;
        // It holds what its store holds; and a disk that hangs in a close would hang this thread in an opening.
        if (before != null && before.isClosing) {
            throw new StorageException("the store of the copy before, which was given up, is still being closed in "
                    + directory(before.number) + "; if it stays so, check the disk and restart this server");
        }
        if (closing() >= StoreOpener.MAX_LEFT_BEHIND) {
            throw new StorageException(
                    closing() + " stores that are out of use are still being closed; check the disk of " + directory
                            + " and restart this server");
        }
        SessionGeneration copy = get();
        lastCopy = copy.store().place() instanceof Place place ? place : null;
        return copy;
    }

    /** Opens an empty store in a directory of its own. Any thread. */
    OpenedStore open(StoreOffer from) {
        return open(from, made.incrementAndGet());
    }

    private OpenedStore open(StoreOffer from, int number) {
        Path fresh = created(directory(number));
        try {
            return opened(openStore(from, fresh), from, number);
        } catch (RuntimeException | Error e) {
            delete(fresh);
            throw e;
        }
    }

    private OpenedStore opened(SessionStore store, StoreOffer from, int number) {
        return new OpenedStore(store, from.inWords(), new Place(number, from));
    }

    private SessionStore openStore(StoreOffer from, Path where) {
        // A class not loaded by now is missing when the bundle goes; see docs/adr/0131.
        BundleClasses.load(from.provider().getClass(), false);
        return from.provider()
                .open(storeContext(where, memoryBytes(context.settings().self())));
    }

    /** Settings for a store that is only tried; the directory goes with {@link #delete}. Any thread. */
    StoreContext trialContext() {
        Path directory = created(trials().resolve(String.valueOf(made.incrementAndGet())));
        return storeContext(
                directory,
                Math.min(TRIAL_MEMORY_BYTES, memoryBytes(context.settings().self())));
    }

    private Path trials() {
        return context.settings().self().dataDirectory().resolve("store-trial");
    }

    /**
     * Whether there is room for another copy of the sessions. Any thread.
     *
     * @param payloadBytes bytes of the sessions.
     * @return why there is none; empty when there is, or when that can't be found out.
     */
    String roomProblem(StoreOffer from, long payloadBytes) {
        return room.problem(from.provider().keepsSessions(), payloadBytes);
    }

    private StoreContext storeContext(Path where, long memoryBytes) {
        ServerSettings self = context.settings().self();
        return new StoreContext(
                where,
                memoryBytes,
                self.maxDiskBytes(),
                maxSessionBytes,
                self.durability(),
                line -> events.info("storage", line),
                wakeup);
    }

    private static Path created(Path wanted) {
        try {
            return Files.createDirectories(wanted);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + wanted, e);
        }
    }

    private static long memoryBytes(ServerSettings self) {
        return self.maxMemoryBytes() > 0
                ? self.maxMemoryBytes()
                : Runtime.getRuntime().maxMemory() / 2;
    }

    /** Number of stores out of use that are still being closed or deleted. Any thread. */
    int closing() {
        return closer.underWay();
    }

    /** No store is retired any more; waits, bounded, for those that were. */
    void awaitClosed() {
        if (!closer.close(CLOSE_WAIT_NS)) {
            events.warning("storage", closing() + " stores that were out of use are still being closed");
        }
    }

    /**
     * The server has stopped in an orderly way: its stores are closed.
     *
     * @param isWhole everything that was durable in what a restart opens is kept.
     */
    void stopped(boolean isWhole) throws IOException {
        GenerationMarker.Current now = current;
        if (!isWhole && durability() != Durability.FSYNC && now != null && !now.isSuspect()) {
            // Acknowledged before it was forced, and it may be that it can't be any more.
            write(now.suspect());
            events.warning(
                    EventType.STORE_SUSPECT.externalName(),
                    "not everything could be written to " + directory(now.number())
                            + ": what was acknowledged last may be missing; another server whose copy is whole goes"
                            + " before this one");
        }
        tried.endAll();
        if (isRunningTold) {
            marker.stopped();
        }
    }

    private Durability durability() {
        return context.settings().self().durability();
    }

    private Path directory(int number) {
        return directories.of(number);
    }

    private void write(GenerationMarker.Current next) throws IOException {
        marker.write(next);
        current = next;
    }

    /** A server runs on what lies here: its next start must know if the machine went down under it. */
    private void running() throws IOException {
        if (!isRunningTold) {
            marker.running(bootId(), durability());
            isRunningTold = true;
        }
    }

    /** The directory of one store, and what the marker says of it. */
    private final class Place implements GenerationPlace {
        private final int number;
        private final StoreOffer from;
        private boolean isFailureTold;
        /** Its store is out of use and not closed, or its files not deleted, yet. */
        private volatile boolean isClosing;

        Place(int number, StoreOffer from) {
            this.number = number;
            this.from = from;
        }

        @Override
        public boolean keepsSessions() {
            return from.provider().keepsSessions();
        }

        @Override
        public boolean publish(boolean isSuspect) {
            if (keepsSessions()) {
                return tell(new GenerationMarker.Current(number, from.mode(), from.maker(), isSuspect));
            }
            GenerationMarker.Current now = current;
            return now == null || now.isSuspect() || tell(now.suspect());
        }

        @Override
        public boolean isSuspect() {
            GenerationMarker.Current now = current;
            return keepsSessions() && now != null && now.number() == number && now.isSuspect();
        }

        @Override
        public void trust() {
            if (isSuspect()) {
                tell(new GenerationMarker.Current(number, from.mode(), from.maker(), false));
            }
        }

        private boolean tell(GenerationMarker.@Nullable Current next) {
            try {
                if (next == null) {
                    marker.forget();
                    current = null;
                } else {
                    running();
                    write(next);
                }
                isFailureTold = false;
                return true;
            } catch (IOException e) {
                if (!isFailureTold) {
                    isFailureTold = true;
                    events.warning(
                            "storage", "cannot write " + GenerationMarker.CURRENT + " in " + directory + ": " + e);
                }
                if (next != null) {
                    doubtful.add(next.number());
                }
                writeBack();
                return false;
            }
        }

        @Override
        public boolean letWork(SessionStore store, int attempt) {
            return diskWait.letWork(store, attempt);
        }

        @Override
        public void delete() {
            if (isForgotten()) {
                closer.run(from.inWords(), () -> SessionGenerations.this.delete(directory(number)));
            }
        }

        @Override
        public void retire(SessionStore store) {
            boolean isForgotten = isForgotten();
            isClosing = true;
            closer.run(from.inWords(), () -> {
                try {
                    store.close();
                } finally {
                    if (isForgotten) {
                        SessionGenerations.this.delete(directory(number));
                    }
                    isClosing = false;
                }
            });
        }

        /** The marker goes first: a restart must not take what is left of a directory for a whole copy. */
        private boolean isForgotten() {
            GenerationMarker.Current now = current;
            if (now != null && now.number() == number) {
                return tell(null);
            }
            if (doubtful.contains(number) && !writeBack()) {
                events.warning(
                        "storage",
                        directory(number) + " stays, for " + GenerationMarker.CURRENT
                                + " may name it and can't be written: look at the disk");
                return false;
            }
            return true;
        }
    }

    /**
     * After a marker that could not be written: it may have been renamed all the same, and the next start would open what is given up now.
     *
     * @return false when the file may still name what is {@link #doubtful}.
     */
    private boolean writeBack() {
        GenerationMarker.Current wanted = current;
        try {
            if (!Objects.equals(marker.current(), wanted)) {
                if (wanted == null) {
                    marker.forget();
                } else {
                    marker.write(wanted);
                }
            } else if (!doubtful.isEmpty()) {
                // What is read may be in memory only.
                marker.forceDirectory();
            }
            doubtful.clear();
            return true;
        } catch (IOException | UncheckedIOException | StorageException e) {
            return false;
        }
    }

    /** What is found without the directory the marker names may be the only copy there is, and nothing says whether it is whole. */
    private void setAsideAll(GenerationMarker.Current missing) throws IOException {
        List<Path> aside = new ArrayList<>();
        for (int number : directories.numbers()) {
            made.accumulateAndGet(number, Math::max);
            aside.add(directories.moveAside(number, GenerationDirectories.UNKNOWN));
        }
        marker.forget();
        current = null;
        String name = GenerationMarker.CURRENT;
        events.warning(
                "storage",
                directory(missing.number()) + " is missing, though " + name
                        + " names it: this server begins without sessions"
                        + (aside.isEmpty()
                                ? ""
                                : ". What lay beside it is kept in " + aside
                                        + " until that is deleted; if no other server has the sessions, stop this one,"
                                        + " rename the one that holds them to a number and write that into " + name));
    }

    /** Another mode's sessions are nobody's to delete. */
    private void setAside(GenerationMarker.Current found) throws IOException {
        Path aside = directories.moveAside(found.number(), found.mode());
        marker.forget();
        current = null;
        events.warning(
                "storage",
                "sessions of persistence mode " + found.mode() + " were here and are not used in mode "
                        + offer.mode() + "; they are kept in " + aside
                        + " until that is deleted. Sessions move along when the mode is changed while the server runs");
    }

    private void removeLeftovers(GenerationMarker.@Nullable Current kept) throws IOException {
        for (int number : directories.numbers()) {
            made.accumulateAndGet(number, Math::max);
            if (kept == null || kept.number() != number) {
                delete(directory(number));
            }
        }
        made.accumulateAndGet(directories.highestSetAside(), Math::max);
    }

    void delete(Path where) {
        try {
            GenerationDirectories.delete(where);
        } catch (IOException e) {
            events.warning("storage", "could not remove " + where + ": " + e.getMessage());
        }
    }

    /** What the machine calls the time since it was started; empty where it does not say. */
    private static String bootId() {
        Path file = Path.of("/proc/sys/kernel/random/boot_id");
        try {
            return Files.isReadable(file) ? Files.readString(file).strip() : "";
        } catch (IOException e) {
            return "";
        }
    }
}

package org.stoneware.api.cluster;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What a person or tool may ask about the stores of a running server: which there are, which one is in use, and to move the sessions to
 * another one while the server serves.
 * <p>
 * <b>Threading:</b> callable from any thread; answers come from the last published picture. {@link #use} and {@link #retire} only ask;
 * {@link #progress}, {@link ManagementService#events()} and {@link ClusterStatus#problems()} say what came of it.
 */
@ProviderType
public interface StorageAdmin {
    /** Stores the installed bundles offer at the moment, newest version of a mode first. */
    List<Offer> list();

    /** Where an exchange stands, for people; empty when there is none. */
    String progress();

    /** True while sessions are on their way to another store, here or on a server that is waited for; false on probation. */
    boolean isMoving();

    /**
     * Moves the sessions to the newest store of a mode. The old store goes on until the new one is shown to be equal, and takes over again
     * should the new one fail within a probation. What is asked for is remembered over a restart.
     *
     * @param mode  as {@link Offer#mode()}.
     * @param scope who is to move.
     * @param by    who asks, for the log.
     */
    Outcome use(String mode, Scope scope, String by);

    /**
     * Takes a store's bundles away.
     *
     * @return refused while a store of this mode is in use.
     */
    Outcome retire(String mode, String by);

    /**
     * Why the bundles of a mode are to stay though no session is in its store, for people; empty when they need not: sessions are moving, or
     * the store stands by on the probation of another one.
     *
     * @param mode as {@link Offer#mode()}.
     */
    default String standsBy(String mode) {
        return "";
    }

    /**
     * Makes known that a bundle meant to offer a store is broken: an event, and a problem until another of that name offers one or it is
     * {@link #forgetBroken forgotten}.
     *
     * @param bundle symbolic name, a space, version.
     */
    void reportBroken(String bundle, String reason);

    /** A broken bundle was taken away. */
    void forgetBroken(String bundle);

    /** Who is to move. */
    enum Scope {
        /** The answering server only. */
        THIS_SERVER,
        /**
         * The answering server only; an active not before every other server has its sessions in that very version, beyond its probation. Refused
         * until then, with what is waited for as the reason: to be asked again. For those that were all given a newer version.
         * A server that has not got there after half an hour is told as a problem, and is waited for all the same.
         */
        IN_TURN,
        /** Every other server that can be reached, one after the other, and the answering one last. */
        ARRAY
    }

    /**
     * A store that could be used.
     *
     * @param mode          persistence mode.
     * @param bundle        symbolic name of its bundle.
     * @param version       version of its bundle.
     * @param keepsSessions sessions outlive the process in it.
     * @param isInUse       the sessions are in it.
     * @param remark        why it is not fit to be used, or empty.
     */
    record Offer(String mode, String bundle, String version, boolean keepsSessions, boolean isInUse, String remark) {}

    /** Whether something begins, and why not, for people. */
    record Outcome(boolean isAccepted, String reason) {}

    /** For servers whose stores can't be exchanged. */
    StorageAdmin NONE = new StorageAdmin() {
        @Override
        public List<Offer> list() {
            return List.of();
        }

        @Override
        public String progress() {
            return "";
        }

        @Override
        public boolean isMoving() {
            return false;
        }

        @Override
        public Outcome use(String mode, Scope scope, String by) {
            return new Outcome(false, "stores can't be exchanged here");
        }

        @Override
        public Outcome retire(String mode, String by) {
            return new Outcome(false, "stores can't be exchanged here");
        }

        @Override
        public void reportBroken(String bundle, String reason) {}

        @Override
        public void forgetBroken(String bundle) {}
    };
}

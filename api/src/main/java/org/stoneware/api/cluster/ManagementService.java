package org.stoneware.api.cluster;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Everything a person or tool may ask of a running server; HTTP, shell and JMX are thin views of it.
 * <p>
 * <b>Threading:</b> callable from any thread; answers come from the last published picture and never wait for the agent, except
 * {@link #stop} and {@link #handOver}, which only ask.
 */
@ProviderType
public interface ManagementService {
    ClusterStatus status();

    /** Last events, oldest first; bounded. */
    List<ClusterEvent> events();

    /**
     * Asks the server to stop in an orderly way.
     *
     * @param force true: also when this would take the last copy of the sessions in production mode.
     * @param by    who asks, for the log.
     */
    StopOutcome stop(boolean force, String by);

    /**
     * Asks for a server to become active: the answering one, or through it another that it can talk to.
     *
     * @param server name of the server.
     * @param force  true: also when it may lack sessions that another server holds. What it lacks is lost then.
     * @param by     who asks, for the log.
     */
    default AppointOutcome appoint(String server, boolean force, String by) {
        return new AppointOutcome(false, "not available in this version");
    }

    /** Answer to {@link #appoint}. */
    record AppointOutcome(boolean isAccepted, String reason) {}

    /**
     * Asks the active server to give its role to the standby and to go on as passive. Requests of Tomcats wait meanwhile; nothing
     * acknowledged is lost. When the standby does not take over, this server goes on; {@link #events} say what happened.
     *
     * @param by who asks, for the log.
     */
    HandOverOutcome handOver(String by);

    /** The stores of this server, and how to exchange them while it serves. */
    default StorageAdmin storage() {
        return StorageAdmin.NONE;
    }

    /** Answer to {@link #handOver}: whether it begins, and with whom or why not, for people. */
    record HandOverOutcome(boolean isAccepted, String reason) {}

    /**
     * Tells that somebody could not log in; an event, at most one a second.
     *
     * @param door where.
     * @param from address of who tried, as far as known.
     */
    default void logInRefused(String door, String from) {}

    /** Answer to {@link #stop}. */
    record StopOutcome(boolean isAccepted, String reason) {}
}

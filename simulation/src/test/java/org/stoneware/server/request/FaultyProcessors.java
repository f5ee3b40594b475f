package org.stoneware.server.request;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.replication.Standbys;
import org.stoneware.server.session.ClientId;
import org.stoneware.server.session.LogClock;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.simulation.PlantedBug;
import org.stoneware.wire.session.SessionProtocol;

/** Makes the shipping request processor, or one in which a single rule of the server is broken. */
public final class FaultyProcessors {
    private static final long LEASE_NS = TimeUnit.MILLISECONDS.toNanos(400);

    private FaultyProcessors() {}

    public static SessionRequestProcessor create(
            PlantedBug bug,
            long epoch,
            RequestLimits limits,
            SessionStateMachine state,
            LogClock clock,
            long nowNs,
            Standbys standbys) {
        return create(bug, epoch, limits, state, clock, nowNs, nowNs, standbys, () -> 0);
    }

    /**
     * @param aloneNs    since when no other server can have granted or renewed anything; may lie ahead.
     * @param lastWriter whose change was acknowledged last, for the fault that relies on it.
     */
    public static SessionRequestProcessor create(
            PlantedBug bug,
            long epoch,
            RequestLimits limits,
            SessionStateMachine state,
            LogClock clock,
            long nowNs,
            long aloneNs,
            Standbys standbys,
            LongSupplier lastWriter) {
        if (bug == PlantedBug.NONE) {
            return new SessionRequestProcessor(
                    epoch, limits, state.store(), state, clock, nowNs, aloneNs, standbys, RequestEvents.NONE);
        }
        RequestContext context =
                new RequestContext(
                        epoch,
                        limits,
                        state,
                        state.store(),
                        clock,
                        nowNs,
                        rule(bug, state, bug == PlantedBug.WORD_IGNORED ? nowNs : aloneNs, lastWriter),
                        standbys,
                        ReadGate.ALWAYS_OPEN) {
                    /** Every question for the leases of the standbys comes through here; the server has no other gate. */
                    @Override
                    boolean canServeReads() {
                        return bug == PlantedBug.READ_GATE_IGNORED || super.canServeReads();
                    }

                    @Override
                    boolean isTellable(SessionKey key) {
                        return bug == PlantedBug.ANSWERED_BEFORE_COMMIT ? canServeReads() : super.isTellable(key);
                    }

                    @Override
                    Residency residency(SessionKey key) {
                        boolean isDenied =
                                bug == PlantedBug.DENIED_BEFORE_REGISTERED && !rule.mayGrant(key, this.nowNs);
                        return isDenied ? Residency.ABSENT : super.residency(key);
                    }
                };
        return new SessionRequestProcessor(context, registrations(bug, context), changes(bug, context));
    }

    private static GrantRule rule(PlantedBug bug, SessionStateMachine state, long aloneNs, LongSupplier lastWriter) {
        long countedNs =
                bug == PlantedBug.WAIT_WITHOUT_MARGIN ? aloneNs - SessionOwnership.LEASE_GRACE_NS + LEASE_NS : aloneNs;
        return new GrantRule(List.copyOf(state.clients()), countedNs, state.store()) {
            @Override
            boolean mayGrant(SessionKey key, long now) {
                return bug == PlantedBug.GRANT_BEFORE_REGISTERED || super.mayGrant(key, now);
            }

            @Override
            void onRegistered(ClientId client, long from) {
                boolean isLastWriter = client.low() == lastWriter.getAsLong();
                if (bug == PlantedBug.GRANT_AFTER_ONE_REGISTERED
                        || bug == PlantedBug.GRANT_AFTER_LAST_WRITER_ONLY && isLastWriter) {
                    missing.clear();
                }
                super.onRegistered(client, bug == PlantedBug.ALL_NAMED_WITH_REGISTRATION ? ALL : from);
            }
        };
    }

    private static Registrations registrations(PlantedBug bug, RequestContext context) {
        return new Registrations(context) {
            @Override
            boolean isNew(ClientRow row, long registration) {
                return bug == PlantedBug.REGISTER_NOT_IDEMPOTENT || super.isNew(row, registration);
            }

            @Override
            boolean mayBeOwnedSinceBefore(SessionKey key) {
                return bug == PlantedBug.REGISTER_NOT_IDEMPOTENT || super.mayBeOwnedSinceBefore(key);
            }
        };
    }

    private static ChangeRequests changes(PlantedBug bug, RequestContext context) {
        return new ChangeRequests(context) {
            @Override
            void onWrite(Change change, long accessAgeMs, int flags, SessionKey asked, SessionDelta delta) {
                boolean bringsBack =
                        bug == PlantedBug.ENDED_SESSION_WRITTEN && !context.store.read(asked, context.view);
                super.onWrite(
                        change, accessAgeMs, bringsBack ? flags | SessionProtocol.WRITE_CREATE : flags, asked, delta);
            }

            @Override
            boolean isUnchanged(SessionKey key, long base) {
                return bug == PlantedBug.NO_BASE_CHECK || super.isUnchanged(key, base);
            }

            @Override
            boolean mayRegain(ClientRow client, SessionKey key, long token, long base) {
                return (bug == PlantedBug.LATE_WRITE_UNDER_AN_OWNER && base != 0)
                        || super.mayRegain(client, key, token, base);
            }
        };
    }
}

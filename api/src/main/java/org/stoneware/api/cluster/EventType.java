package org.stoneware.api.cluster;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every type of event a server raises, by the name that stands in {@link ClusterEvent#type()}. Names never change meaning. What to do about
 * each is in {@code docs/operations.md}.
 */
public enum EventType {
    ROLE_CHANGED("role-changed"),
    EPOCH_CHANGED("epoch-changed"),
    TAKEN_OVER("taken-over"),
    MEMBER_JOINED("member-joined"),
    MEMBER_LEFT("member-left"),
    PEER_REFUSED("peer-refused"),
    HIGHER_EPOCH("higher-epoch"),
    STANDBY_SYNC("standby-sync"),
    SYNC_PROGRESS("sync-progress"),
    COPY_COMPLETE("copy-complete"),
    COPY_GIVEN_UP("copy-given-up"),
    COPY_FAILED("copy-failed"),
    FOLLOWING_ENDED("following-ended"),
    STANDBY_IN_SYNC("standby-in-sync"),
    STANDBY_REFUSED("standby-refused"),
    STANDBY_SLOW("standby-slow"),
    STANDBY_LOST("standby-lost"),
    REPLICA_DIFFERS("replica-differs"),
    REPLICATION_REFUSED("replication-refused"),
    REPLICATION_BROKEN("replication-broken"),
    STALE_SESSIONS("stale-sessions"),
    SPLIT_AWAITED("split-awaited"),
    SPLIT_RECONCILED("split-reconciled"),
    SPLIT_INTERRUPTED("split-interrupted"),
    HAND_OVER_REQUESTED("hand-over-requested"),
    HANDED_OVER("handed-over"),
    HAND_OVER_FAILED("hand-over-failed"),
    HAND_OVER_SLOW("hand-over-slow"),
    APPOINT_REQUESTED("appoint-requested"),
    STOP_REQUESTED("stop-requested"),
    STOP("stop"),
    CLIENT_JOINED("client-joined"),
    CLIENT_LEFT("client-left"),
    CLIENT_REFUSED("client-refused"),
    STORAGE("storage"),
    STORE_OFFERED("store-offered"),
    STORE_EXCHANGE("store-exchange"),
    STORE_EXCHANGED("store-exchanged"),
    STORE_PROVED("store-proved"),
    STORE_FELL_BACK("store-fell-back"),
    STORE_EXCHANGE_GIVEN_UP("store-exchange-given-up"),
    STORE_EXCHANGE_REFUSED("store-exchange-refused"),
    STORE_EXCHANGE_INCOMPLETE("store-exchange-incomplete"),
    STORE_WITHOUT_BUNDLE("store-without-bundle"),
    STORE_BUNDLE_BROKEN("store-bundle-broken"),
    STORE_CHOICE_NOT_KEPT("store-choice-not-kept"),
    STORE_RETIRED("store-retired"),
    SESSIONS_FOUND("sessions-found"),
    SESSIONS_RECOVERED("sessions-recovered"),
    SESSION_INVALIDATED("session-invalidated"),
    BACKUP_WRITTEN("backup-written"),
    BACKUP_FAILED("backup-failed"),
    SESSIONS_RESTORED("sessions-restored"),
    STORE_SUSPECT("store-suspect"),
    STORAGE_FAILED("storage-failed"),
    STORAGE_FULL("storage-full"),
    STORAGE_ROOM("storage-room"),
    SWEEP("sweep"),
    EXPIRY_NOTICES_LATE("expiry-notices-late"),
    EXPIRY_NOTICES_CONFIRMED("expiry-notices-confirmed"),
    EXPIRY_NOTICES_DROPPED("expiry-notices-dropped"),
    CLOCK_DIFFERENCE("clock-difference"),
    LONG_PAUSE("long-pause"),
    PROBLEM("problem"),
    PROBLEM_SOLVED("problem-solved"),
    TRANSPORT("transport"),
    UNPROTECTED("unprotected"),
    LOG_IN_REFUSED("log-in-refused");

    private static final Map<String, EventType> BY_NAME = new HashMap<>();

    static {
        for (EventType type : values()) {
            BY_NAME.put(type.externalName, type);
        }
    }

    private final String externalName;

    EventType(String externalName) {
        this.externalName = externalName;
    }

    /** The name on every door. */
    public String externalName() {
        return externalName;
    }

    /** The type of this name; null for one this version does not have. */
    public static @Nullable EventType ofName(String name) {
        return BY_NAME.get(name);
    }
}

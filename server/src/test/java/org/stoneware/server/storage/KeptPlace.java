package org.stoneware.server.storage;

/** A place a restart would look at. */
final class KeptPlace implements GenerationPlace {
    boolean isSuspect;
    /** A restart was told of it. */
    boolean isPublished;
    /** What a restart is to know can't be written. */
    boolean isRefusing;

    @Override
    public boolean keepsSessions() {
        return true;
    }

    @Override
    public boolean publish(boolean isPublishedSuspect) {
        if (isRefusing) {
            return false;
        }
        isSuspect = isPublishedSuspect;
        isPublished = true;
        return true;
    }

    @Override
    public boolean isSuspect() {
        return isSuspect;
    }

    @Override
    public void trust() {
        isSuspect = false;
    }

    @Override
    public void delete() {}
}

package org.stoneware.server.request;

/** Hears what people should know of serving Tomcats. Called on the agent thread. */
public interface RequestEvents {
    /** Tells nobody. */
    RequestEvents NONE = new RequestEvents() {
        @Override
        public void info(String kind, String text) {}

        @Override
        public void warning(String kind, String text) {}
    };

    void info(String kind, String text);

    void warning(String kind, String text);
}

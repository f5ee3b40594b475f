package org.stoneware.liveness;

/**
 * A daemon thread that keeps nothing of the thread that happened to start it. Inside a Tomcat that one belongs to a web application,
 * whose class loader could not be freed as long as a thread of ours remembered it.
 */
final class DetachedThread extends Thread {
    DetachedThread(Runnable task, String name) {
        super(null, task, name, 0, false);
        setDaemon(true);
        setContextClassLoader(DetachedThread.class.getClassLoader());
    }
}

package org.stoneware.liveness;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Resolves names away from the liveness thread, since a name service that does not answer blocks for seconds.
 * <p>
 * <b>Limits:</b> two threads, which end when idle, and {@link #MAX_WAITING} names in line.
 */
final class NameResolver {
    static final int MAX_WAITING = 256;

    private static final int THREADS = 2;
    private static final long KEEP_ALIVE_SEC = 5;
    private static final Pattern IPV4 =
            Pattern.compile("(25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(25[0-5]|2[0-4]\\d|1?\\d?\\d)){3}");

    private final ThreadPoolExecutor executor;

    NameResolver(String threadName) {
        executor = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                KEEP_ALIVE_SEC,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MAX_WAITING),
                task -> new DetachedThread(task, threadName));
        executor.allowCoreThreadTimeOut(true);
    }

    /** @return true when the host is an address, which can be had without asking anybody. */
    static boolean isLiteral(String host) {
        return host.indexOf(':') >= 0 || IPV4.matcher(host).matches();
    }

    /** Looks up at once; for literals. An unknown one is an empty list. */
    static List<InetAddress> lookUp(String host) {
        try {
            return List.of(InetAddress.getAllByName(host));
        } catch (UnknownHostException | SecurityException e) {
            return List.of();
        }
    }

    /** @param whenDone called on a thread of the resolver, or at once when too many are waiting; an unknown name is an empty list. */
    void resolve(String host, Consumer<List<InetAddress>> whenDone) {
        try {
            executor.execute(() -> whenDone.accept(lookUp(host)));
        } catch (RejectedExecutionException e) {
            whenDone.accept(List.of());
        }
    }

    /** Lets the threads end; one inside the name service ends when that answers. */
    void close() {
        executor.shutdownNow();
    }
}

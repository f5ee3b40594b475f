package org.stoneware.liveness;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Somebody on the path of one connection: reads along, changes what passes, and sends in either end's name. */
final class Relay implements AutoCloseable {
    private final ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    private final InetSocketAddress target;
    private final CompletableFuture<Socket> caller = new CompletableFuture<>();
    private final CompletableFuture<Socket> called = new CompletableFuture<>();
    private final ByteArrayOutputStream ofCaller = new ByteArrayOutputStream();
    private final ByteArrayOutputStream ofCalled = new ByteArrayOutputStream();
    private volatile int damagedTemplate;

    Relay(InetSocketAddress target) throws IOException {
        this.target = target;
        start(() -> {
            Socket accepted = listening.accept();
            Socket onward = new Socket(target.getAddress(), target.getPort());
            caller.complete(accepted);
            called.complete(onward);
            start(() -> pump(onward, accepted, ofCalled));
            pump(accepted, onward, ofCaller);
        });
    }

    InetSocketAddress address() {
        return new InetSocketAddress(listening.getInetAddress(), listening.getLocalPort());
    }

    /** From now on changes the last byte of what the called end sends, when it ends with a message of this template. */
    void damageNextOfCalled(int template) {
        damagedTemplate = template;
    }

    /** Sends to the called end in the caller's name. */
    void sendToCalled(byte[] bytes) throws Exception {
        send(called, bytes);
    }

    /** Sends to the caller in the called end's name. */
    void sendToCaller(byte[] bytes) throws Exception {
        send(caller, bytes);
    }

    /** All the caller has sent. */
    byte[] saidByCaller() {
        synchronized (ofCaller) {
            return ofCaller.toByteArray();
        }
    }

    /** All the called end has sent. */
    byte[] saidByCalled() {
        synchronized (ofCalled) {
            return ofCalled.toByteArray();
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (CompletableFuture<Socket> end : java.util.List.of(caller, called)) {
            if (end.isDone()) {
                end.join().close();
            }
        }
    }

    private static void send(CompletableFuture<Socket> to, byte[] bytes) throws Exception {
        Socket socket = to.get(RecordingListener.WAIT_SEC, TimeUnit.SECONDS);
        synchronized (socket) {
            socket.getOutputStream().write(bytes);
        }
    }

    private void pump(Socket from, Socket to, ByteArrayOutputStream record) throws IOException {
        byte[] bytes = new byte[64 * 1024];
        for (int count = from.getInputStream().read(bytes);
                count > 0;
                count = from.getInputStream().read(bytes)) {
            synchronized (record) {
                record.write(bytes, 0, count);
            }
            if (record == ofCalled && damagedTemplate == bytes[6]) {
                bytes[count - 1] ^= 1;
            }
            synchronized (to) {
                to.getOutputStream().write(bytes, 0, count);
            }
        }
        to.close();
    }

    /** A thread that ends with its sockets. */
    private void start(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        caller.completeExceptionally(e);
                        called.completeExceptionally(e);
                    }
                },
                "relay to " + target);
        thread.setDaemon(true);
        thread.start();
    }

    private interface Work {
        void run() throws IOException;
    }
}

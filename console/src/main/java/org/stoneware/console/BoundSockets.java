package org.stoneware.console;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.rmi.server.RMIServerSocketFactory;

/**
 * Server sockets of one address only. Registry and connector share a port because they are given the same factory.
 *
 * @param address the only address that accepts connections.
 */
record BoundSockets(InetAddress address) implements RMIServerSocketFactory {
    private static final int BACKLOG = 16;

    @Override
    public ServerSocket createServerSocket(int port) throws IOException {
        return new ServerSocket(port, BACKLOG, address);
    }
}

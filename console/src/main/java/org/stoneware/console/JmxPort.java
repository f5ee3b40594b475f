package org.stoneware.console;

import java.io.IOException;
import java.io.ObjectInputFilter;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.rmi.NoSuchObjectException;
import java.rmi.registry.LocateRegistry;
import java.rmi.registry.Registry;
import java.rmi.server.UnicastRemoteObject;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.StandardMBean;
import javax.management.remote.JMXConnectorServer;
import javax.management.remote.JMXServiceURL;
import javax.management.remote.rmi.RMIConnectorServer;
import javax.management.remote.rmi.RMIJRMPServerImpl;
import org.jspecify.annotations.Nullable;

/**
 * The jmx-port: JMX over RMI, registry and connector on one port (ADR 0073, 0150).
 * <p>
 * <b>Limits:</b> {@link #MAX_CONNECTIONS} connections, more are closed at once; {@link #SILENCE_MS} ms of silence in each. What a client
 * sends is read by a serialization filter that knows plain values and JMX's own types; no class is loaded from it.
 */
final class JmxPort implements AutoCloseable {
    static final String DOMAIN = "org.stoneware";
    static final String TERRACOTTA_NAME = "org.terracotta.internal:type=Terracotta Server,name=Terracotta Server";
    static final String SERVER_NAME = DOMAIN + ":type=Server";
    /** Each has a thread. */
    static final int MAX_CONNECTIONS = 64;

    private static final int SILENCE_MS = 60_000;
    private static final Logger LOGGER = System.getLogger(JmxPort.class.getName());
    private static final String HOST_PROPERTY = "java.rmi.server.hostname";
    private static final int MAX_LOOKS_AT_CLOSED_PORT = 100;
    private static final long LOOK_AGAIN_NS = 10_000_000;
    private static final String FILTER =
            "maxdepth=20;maxrefs=10000;maxarray=10000;maxbytes=1000000;java.lang.*;java.util.*;java.math.*;java.rmi.MarshalledObject;"
                    + "javax.management.*;javax.management.openmbean.*;javax.management.relation.*;"
                    + "javax.management.remote.*;javax.security.auth.Subject;!*";

    private final MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    private final Map<ObjectName, Object> registered = new LinkedHashMap<>();
    private final Registry registry;
    private final BoundSockets sockets;
    private final int port;
    private final JmxLogIn logIn;
    private @Nullable RMIConnectorServer connector;

    private JmxPort(Registry registry, BoundSockets sockets, int port, JmxLogIn logIn) {
        this.logIn = logIn;
        this.registry = registry;
        this.sockets = sockets;
        this.port = port;
    }

    /**
     * Where the port is.
     *
     * @param address bound.
     * @param host    by which clients reach it: RMI tells it to them.
     */
    record Place(InetAddress address, String host, int port) {}

    /** Takes the port and answers at once. */
    static JmxPort open(Place place, JmxLogIn logIn, TerracottaServerMXBean terracotta, ServerMXBean server)
            throws IOException {
        ManagementPort.limit("sun.rmi.transport.tcp.maxConnectionThreads", MAX_CONNECTIONS);
        ManagementPort.limit("sun.rmi.transport.tcp.readTimeout", SILENCE_MS);
        if (System.getProperty(HOST_PROPERTY) == null) {
            System.setProperty(HOST_PROPERTY, place.host());
        }
        BoundSockets sockets = new BoundSockets(place.address());
        int port = place.port();
        JmxPort jmx = new JmxPort(LocateRegistry.createRegistry(port, null, sockets), sockets, port, logIn);
        try {
            jmx.register(TERRACOTTA_NAME, new StandardMBean(terracotta, TerracottaServerMXBean.class, true));
            jmx.register(SERVER_NAME, new StandardMBean(server, ServerMXBean.class, true));
            jmx.connect();
            return jmx;
        } catch (IOException | JMException | RuntimeException e) {
            jmx.close();
            throw new IOException("JMX cannot start: " + e.getMessage(), e);
        }
    }

    private void register(String name, Object bean) throws JMException {
        ObjectName objectName = new ObjectName(name);
        beans.registerMBean(bean, objectName);
        registered.put(objectName, bean);
    }

    private void connect() throws IOException {
        Map<String, Object> environment = new LinkedHashMap<>();
        environment.put(RMIConnectorServer.SERIAL_FILTER_PATTERN, FILTER);
        environment.put(RMIConnectorServer.CREDENTIALS_FILTER_PATTERN, "java.lang.String;!*");
        if (logIn.isRequired()) {
            environment.put(JMXConnectorServer.AUTHENTICATOR, logIn);
        }
        RMIJRMPServerImpl door = new JmxDoor(port, sockets, environment, ObjectInputFilter.Config.createFilter(FILTER));
        JMXServiceURL url = new JMXServiceURL("rmi", sockets.address().getHostAddress(), port);
        RMIConnectorServer server = new RMIConnectorServer(url, environment, door, beans);
        server.setMBeanServerForwarder(JmxGuard.before(beans));
        connector = server;
        server.start();
        registry.rebind("jmxrmi", door.toStub());
    }

    /** Frees the port; clients are cut off. */
    @Override
    public void close() {
        try {
            if (connector != null) {
                connector.stop();
            }
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, "a client of the jmx-port did not hear the end", e);
        }
        for (ObjectName name : registered.keySet()) {
            try {
                beans.unregisterMBean(name);
            } catch (JMException e) {
                LOGGER.log(Level.DEBUG, "bean was gone already: " + name, e);
            }
        }
        registered.clear();
        try {
            UnicastRemoteObject.unexportObject(registry, true);
        } catch (NoSuchObjectException e) {
            LOGGER.log(Level.DEBUG, "registry was gone already", e);
        }
        awaitFree();
    }

    /** RMI's accepting thread may hold the closed socket for some moments more, and a new bundle wants the port at once. */
    private void awaitFree() {
        for (int i = 0; i < MAX_LOOKS_AT_CLOSED_PORT; i++) {
            try {
                sockets.createServerSocket(port).close();
                return;
            } catch (IOException e) {
                LockSupport.parkNanos(LOOK_AGAIN_NS);
            }
        }
    }
}

package org.stoneware.console;

import java.io.IOException;
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
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.StandardMBean;
import javax.management.remote.JMXServiceURL;
import javax.management.remote.rmi.RMIConnectorServer;
import javax.management.remote.rmi.RMIJRMPServerImpl;
import org.jspecify.annotations.Nullable;

/**
 * The jmx-port: JMX over RMI, registry and connector on one port of one loopback address, for looking (ADR 0073).
 * <p>
 * <b>Limits:</b> what a client sends is read by a serialization filter that knows plain values and JMX's own types; no class is loaded from it.
 */
final class JmxPort implements AutoCloseable {
    static final String DOMAIN = "org.stoneware";
    static final String TERRACOTTA_NAME = "org.terracotta.internal:type=Terracotta Server,name=Terracotta Server";
    static final String SERVER_NAME = DOMAIN + ":type=Server";
    private static final Logger LOGGER = System.getLogger(JmxPort.class.getName());
    private static final String HOST_PROPERTY = "java.rmi.server.hostname";
    private static final String FILTER =
            "maxdepth=20;maxrefs=10000;maxarray=10000;maxbytes=1000000;java.lang.*;java.util.*;java.math.*;java.rmi.MarshalledObject;"
                    + "javax.management.*;javax.management.openmbean.*;javax.management.relation.*;"
                    + "javax.management.remote.*;javax.security.auth.Subject;!*";

    private final MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    private final Map<ObjectName, Object> registered = new LinkedHashMap<>();
    private final Registry registry;
    private @Nullable RMIConnectorServer connector;

    private JmxPort(Registry registry) {
        this.registry = registry;
    }

    /** Takes the port and answers at once. */
    static JmxPort open(InetAddress address, int port, TerracottaServerMXBean terracotta, ServerMXBean server)
            throws IOException {
        if (System.getProperty(HOST_PROPERTY) == null) {
            System.setProperty(HOST_PROPERTY, address.getHostAddress());
        }
        BoundSockets sockets = new BoundSockets(address);
        JmxPort jmx = new JmxPort(LocateRegistry.createRegistry(port, null, sockets));
        try {
            jmx.register(TERRACOTTA_NAME, new StandardMBean(terracotta, TerracottaServerMXBean.class, true));
            jmx.register(SERVER_NAME, new StandardMBean(server, ServerMXBean.class, true));
            jmx.connect(address, port, sockets);
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

    private void connect(InetAddress address, int port, BoundSockets sockets) throws IOException {
        Map<String, Object> environment = new LinkedHashMap<>();
        environment.put(RMIConnectorServer.SERIAL_FILTER_PATTERN, FILTER);
        environment.put(RMIConnectorServer.CREDENTIALS_FILTER_PATTERN, "java.lang.String;!*");
        RMIJRMPServerImpl door = new RMIJRMPServerImpl(port, null, sockets, environment);
        JMXServiceURL url = new JMXServiceURL("rmi", address.getHostAddress(), port);
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
    }
}

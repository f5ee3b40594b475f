package org.stoneware.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import javax.management.Attribute;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ManagementAccess;

@Timeout(60)
class JmxPortTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    @TempDir
    Path dataDirectory;

    private final FakeManagement management = new FakeManagement();
    private ManagementAccess access = ManagementAccess.NONE;
    private int port;
    private StopToken token;
    private JmxPort jmx;
    private JMXConnector connector;
    private MBeanServerConnection client;
    private ObjectName terracotta;
    private ObjectName server;

    @BeforeEach
    void open() throws Exception {
        port = freePort();
        token = StopToken.create(dataDirectory);
        jmx = open(port);
        connector = connect();
        client = connector.getMBeanServerConnection();
        terracotta = new ObjectName(JmxPort.TERRACOTTA_NAME);
        server = new ObjectName(JmxPort.SERVER_NAME);
    }

    @AfterEach
    void close() throws Exception {
        connector.close();
        jmx.close();
        token.close();
    }

    @Test
    void shouldShowTheAttributesToolsForTerracottaRead() throws Exception {
        assertThat(client.getAttribute(terracotta, "State")).isEqualTo("ACTIVE-COORDINATOR");
        assertThat(client.getAttribute(terracotta, "Active")).isEqualTo(true);
        assertThat(client.getAttribute(terracotta, "PassiveStandby")).isEqualTo(false);
        assertThat(client.getAttribute(terracotta, "Started")).isEqualTo(false);
        assertThat(client.getAttribute(terracotta, "HealthStatus")).isEqualTo("OK");
        assertThat(client.getAttribute(terracotta, "Shutdownable")).isEqualTo(true);
        assertThat(client.getAttribute(terracotta, "ActivateTime")).isEqualTo(1_795_362_000_000L);
        assertThat(client.getAttribute(terracotta, "DSOListenPort")).isEqualTo(9510);
        assertThat(client.getAttribute(terracotta, "Config")).isEqualTo(FakeManagement.CONFIG_TEXT);
    }

    @Test
    void shouldShowServersWithoutAClassOfOurs() throws Exception {
        CompositeData first = ((CompositeData[]) client.getAttribute(terracotta, "L2Info"))[0];
        CompositeData group = ((CompositeData[]) client.getAttribute(terracotta, "ServerGroupInfo"))[0];

        assertThat(first.get("name")).isEqualTo("Server1");
        assertThat(first.get("jmxPort")).isEqualTo(9520);
        assertThat(group.get("coordinator")).isEqualTo(true);
        assertThat((CompositeData[]) group.get("members")).hasSize(1);
    }

    @Test
    void shouldFollowTheRole() throws Exception {
        management.role = ServerRole.PASSIVE_STANDBY;

        assertThat(client.getAttribute(terracotta, "PassiveStandby")).isEqualTo(true);
        assertThat(client.getAttribute(terracotta, "ActivateTime")).isEqualTo(-1L);
        assertThat(client.getAttribute(server, "Role")).isEqualTo("PASSIVE-STANDBY");
    }

    @Test
    void shouldShowItsOwnBeanCompletely() throws Exception {
        for (var attribute : client.getMBeanInfo(server).getAttributes()) {
            assertThat(client.getAttribute(server, attribute.getName()))
                    .as(attribute.getName())
                    .isNotNull();
        }
        assertThat(client.getAttribute(server, "Sessions")).isEqualTo(1240L);
        assertThat(client.getAttribute(server, "Ready")).isEqualTo(true);
        assertThat((String[]) client.getAttribute(server, "Events")).hasSize(2);
    }

    /** Tools print what they read; and no name from outside becomes the name of a bean. */
    @Test
    void shouldShowNothingATerminalWouldObey() throws Exception {
        management.clientName = FakeSessions.HOSTILE;
        management.detail = "detail " + FakeSessions.HOSTILE;
        management.problems = List.of("problem " + FakeSessions.HOSTILE);
        management.moreEvents.add(new ClusterEvent(9, 1_000, "client-joined", "name=" + FakeSessions.HOSTILE));

        StringBuilder shown = new StringBuilder();
        for (ObjectName bean : List.of(server, terracotta)) {
            for (var attribute : client.getMBeanInfo(bean).getAttributes()) {
                Object value = client.getAttribute(bean, attribute.getName());
                shown.append(value instanceof Object[] several ? Arrays.toString(several) : String.valueOf(value));
            }
        }

        assertThat(shown).contains("problem <img", "detail <img", "name=<img");
        assertThat(shown.toString().replace('\n', ' ')).doesNotContainPattern("[\\p{C}]");
        assertThat(client.queryNames(new ObjectName("org.stoneware:*"), null)).containsExactly(server);
    }

    @Test
    void shouldStopForWhoKnowsTheToken() throws Exception {
        String secret = Files.readString(token.file()).trim();

        Object answer = stop(secret);

        assertThat(answer).isEqualTo("stopping");
        assertThat(management.stops).containsExactly("force=false by=jmx-port");
    }

    @Test
    void shouldNotStopWithoutTheToken() {
        assertThatThrownBy(() -> stop("guess")).hasStackTraceContaining("the token is missing or wrong");
        assertThat(management.stops).isEmpty();
    }

    @Test
    void shouldHandOverForWhoKnowsTheTokenAlone() throws Exception {
        String[] signature = {"java.lang.String"};
        Object[] secret = {Files.readString(token.file()).trim()};

        assertThat(client.invoke(server, "handOver", secret, signature)).isEqualTo("Server1 hands over to Server2");
        assertThatThrownBy(() -> client.invoke(server, "handOver", new Object[] {"guess"}, signature))
                .hasStackTraceContaining("the token is missing or wrong");
        assertThat(management.handOvers).hasSize(1);
    }

    @Test
    void shouldLetNobodyLoadOrChangeOrDump() throws Exception {
        ObjectName memory = new ObjectName("java.lang:type=Memory");
        ObjectName commands = new ObjectName("com.sun.management:type=DiagnosticCommand");

        assertThatThrownBy(() -> client.createMBean("javax.management.timer.Timer", new ObjectName("x:type=y")))
                .isInstanceOf(SecurityException.class);
        assertThatThrownBy(() -> client.setAttribute(memory, new Attribute("Verbose", true)))
                .isInstanceOf(SecurityException.class);
        assertThatThrownBy(() -> client.invoke(commands, "vmVersion", new Object[0], new String[0]))
                .isInstanceOf(SecurityException.class);
        assertThatThrownBy(() -> client.unregisterMBean(server)).isInstanceOf(SecurityException.class);
        assertThat(client.getAttribute(memory, "HeapMemoryUsage")).isNotNull();
    }

    @Test
    void shouldReadNoUnexpectedClassFromAClient() {
        Object[] strange = {new AtomicReference<>("not a string"), false};

        assertThatThrownBy(() -> client.invoke(server, "stop", strange, new String[] {"java.lang.String", "boolean"}))
                .hasStackTraceContaining("REJECTED");
    }

    @Test
    void shouldAnswerOnItsOneAddressOnly() throws Exception {
        try (ServerSocket other = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.3"))) {
            assertThat(other.isBound()).isTrue();
        }
    }

    /** Each connection costs a thread, before anybody has logged in. */
    @Test
    void shouldCloseConnectionsBeyondTheMost() throws Exception {
        List<Socket> taken = new ArrayList<>();
        int refused = 0;
        long before = servingThreads();
        try {
            for (int i = 0; i < JmxPort.MAX_CONNECTIONS + 10; i++) {
                Socket socket = new Socket(LOOPBACK, port);
                taken.add(socket);
                refused += isGreeted(socket) ? 0 : 1;
            }
        } finally {
            for (Socket each : taken) {
                each.close();
            }
            // RMI's threads serve all ports of a JVM, those of the next tests too.
            while (servingThreads() > before + 5 || !isServed()) {
                Thread.onSpinWait();
            }
        }

        // Clients of other tests keep theirs for some seconds.
        assertThat(refused).isBetween(10, JmxPort.MAX_CONNECTIONS);
    }

    private boolean isServed() throws IOException {
        try (Socket socket = new Socket(LOOPBACK, port)) {
            return isGreeted(socket);
        }
    }

    private static long servingThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("RMI TCP Connection(") && !name.contains("idle"))
                .count();
    }

    /** Begins to speak RMI, and is silent after the first answer. */
    private static boolean isGreeted(Socket socket) {
        byte[] hello = {'J', 'R', 'M', 'I', 0, 2, 0x4b};
        try {
            socket.getOutputStream().write(hello);
            return socket.getInputStream().read() == 0x4e;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void shouldFreeItsPortAndNamesWhenClosed() throws Exception {
        connector.close();

        jmx.close();

        jmx = open(port);
        connector = connect();
        assertThat(connector.getMBeanServerConnection().isRegistered(server)).isTrue();
    }

    @Test
    void shouldSayThatThePortIsTaken() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, LOOPBACK)) {
            assertThatThrownBy(() -> open(other.getLocalPort()))
                    .isInstanceOf(IOException.class)
                    .hasStackTraceContaining("BindException");
        }
    }

    @Test
    void shouldAppointForWhoKnowsTheToken() throws Exception {
        Object[] values = {Files.readString(token.file()).trim(), true};
        String[] signature = {"java.lang.String", "boolean"};

        assertThat(client.invoke(server, "appoint", values, signature)).isEqualTo("Server1 becomes active");
        assertThat(management.appoints).containsExactly("Server1 force=true by=jmx-port");
        assertThatThrownBy(() -> client.invoke(server, "appoint", new Object[] {"guess", true}, signature))
                .hasStackTraceContaining("the token is missing or wrong");
    }

    @Test
    void shouldLetUsersInWithTheRightsTheyHave() throws Exception {
        access = Users.AND_RIGHTS;
        connector.close();
        jmx.close();
        jmx = open(port);
        connector = connect("ann", "sees");
        client = connector.getMBeanServerConnection();

        assertThat(client.getAttribute(server, "Role")).isEqualTo("ACTIVE-COORDINATOR");
        assertThatThrownBy(() -> stop("guess")).hasStackTraceContaining("log in as a user with readwrite");

        connector.close();
        connector = connect("bea", "does");
        client = connector.getMBeanServerConnection();

        assertThat(stop("")).isEqualTo("stopping");
        assertThat(management.stops).containsExactly("force=false by=jmx-port, user bea");
        assertThatThrownBy(() -> client.createMBean("javax.management.timer.Timer", new ObjectName("x:type=y")))
                .isInstanceOf(SecurityException.class);
    }

    @Test
    void shouldLetNobodyElseInOnceThereAreUsers() throws Exception {
        access = Users.AND_RIGHTS;
        jmx.close();
        jmx = open(port);

        assertThatThrownBy(this::connect).isInstanceOf(SecurityException.class);
        assertThatThrownBy(() -> connect("bea", "guess")).isInstanceOf(SecurityException.class);
        assertThatThrownBy(() -> connect("bea", null)).isInstanceOf(SecurityException.class);
        assertThat(management.refusedLogIns).hasSize(3).allMatch(refused -> refused.startsWith("jmx-port 127.0.0.1"));
    }

    @SuppressWarnings("BanJNDI")
    private JMXConnector connect(String user, String password) throws IOException {
        return JMXConnectorFactory.connect(
                new JMXServiceURL("service:jmx:rmi:///jndi/rmi://127.0.0.1:" + port + "/jmxrmi"),
                Map.of(JMXConnector.CREDENTIALS, new String[] {user, password}));
    }

    /** The address is the test's own; a user's tool does the same. */
    @SuppressWarnings("BanJNDI")
    private JMXConnector connect() throws IOException {
        return JMXConnectorFactory.connect(
                new JMXServiceURL("service:jmx:rmi:///jndi/rmi://127.0.0.1:" + port + "/jmxrmi"));
    }

    private Object stop(String secret) throws Exception {
        return client.invoke(
                server, "stop", new Object[] {secret, false}, new String[] {"java.lang.String", "boolean"});
    }

    private JmxPort open(int onPort) throws IOException {
        return JmxPort.open(
                new JmxPort.Place(LOOPBACK, "127.0.0.1", onPort),
                new JmxLogIn(access, management),
                new TerracottaServer(management, FakeManagement.settings(dataDirectory, 9540)),
                new ManagedServer(management, token));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, LOOPBACK)) {
            return socket.getLocalPort();
        }
    }
}

package org.stoneware.console;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.SessionAdmin;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.EffectiveConfiguration;
import org.stoneware.api.config.ManagementAccess;
import org.stoneware.api.config.ServerSettings;

/**
 * Opens the management port and the jmx-port of this server and closes them again.
 * <p>
 * <b>Failure:</b> a port that cannot be had ends the process with exit code {@value #EXIT_CONFIGURATION}: an operator who looks at the
 * wrong server's page is worse off than with a server that says at once why it does not start.
 */
@Component(
        service = {},
        configurationPid = ConsoleServer.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE)
public final class ConsoleServer {
    static final String PID = "org.stoneware.console";
    static final String EXIT_CODE_PROPERTY = "stoneware.exit.code";
    static final int EXIT_CONFIGURATION = 2;
    private static final Logger LOGGER = System.getLogger(ConsoleServer.class.getName());

    /** The one that was opened last. Guarded by the class. */
    private static @Nullable ConsoleServer latest;

    private final BundleContext bundles;
    private final ServerSettings self;
    private @Nullable ManagementPort port;
    private @Nullable StopToken token;
    private @Nullable JmxPort jmx;
    private final AtomicReference<@Nullable SessionAdmin> sessions = new AtomicReference<>();

    @Activate
    public ConsoleServer(
            BundleContext bundles,
            @Reference ManagementService management,
            @Reference ArraySettings settings,
            @Reference EffectiveConfiguration effective,
            @Reference ManagementAccess access)
            throws InterruptedException {
        this.bundles = bundles;
        this.self = settings.self();
        synchronized (ConsoleServer.class) {
            // A service that goes while this component starts, as that of a server that starts slowly does, makes the
            // framework begin with
            // the next one before it lets go of this one.
            if (latest != null && latest.bundles == bundles) {
                latest.close();
            }
            latest = this;
            open(new ConsoleServices(management, sessions::get, settings, effective, access));
        }
    }

    private void open(ConsoleServices services) throws InterruptedException {
        ManagementPort bound = bind();
        port = bound;
        if (bound == null) {
            return;
        }
        // Only who holds the port may replace the token: a second process with the same configuration must not.
        token = writeToken();
        bound.open(new Routes(services, token), new LiveStreams(services.management()));
        LOGGER.log(Level.INFO, "management port open: http://" + name(bound.address()) + "/");
        jmx = openJmx(services.management(), services.settings(), services.access());
    }

    /** Idempotent. */
    @Deactivate
    public void close() {
        synchronized (ConsoleServer.class) {
            if (latest == this) {
                latest = null;
            }
            closeDoors();
        }
    }

    private void closeDoors() {
        if (jmx != null) {
            jmx.close();
            jmx = null;
        }
        if (port != null) {
            port.close();
            port = null;
        }
        if (token != null) {
            try {
                token.close();
            } catch (IOException e) {
                LOGGER.log(
                        Level.WARNING, "token file stays behind: file=" + token.file() + " reason=" + e.getMessage());
            }
            token = null;
        }
    }

    private @Nullable ManagementPort bind() {
        InetSocketAddress address = new InetSocketAddress(self.managementAddress(), self.managementPort());
        try {
            return ManagementPort.bind(address);
        } catch (IOException e) {
            LOGGER.log(
                    Level.ERROR,
                    "management port cannot be opened: server=" + self.name() + " address=" + name(address) + " reason="
                            + e.getMessage() + "; " + advice(address, e));
            stopProcess();
            return null;
        }
    }

    @Reference(
            name = "sessions",
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void setSessions(SessionAdmin admin) {
        sessions.set(admin);
    }

    void unsetSessions(SessionAdmin admin) {
        sessions.compareAndSet(admin, null);
    }

    private @Nullable JmxPort openJmx(ManagementService management, ArraySettings settings, ManagementAccess access) {
        InetSocketAddress address = new InetSocketAddress(self.jmxAddress(), self.jmxPort());
        try {
            if (address.isUnresolved()) {
                throw new IOException("the name cannot be resolved");
            }
            if (!access.isRequired() && !address.getAddress().isLoopbackAddress()) {
                throw new IOException("without <authentication> JMX is open on loopback only");
            }
            String host = address.getAddress().isAnyLocalAddress()
                    ? self.host()
                    : address.getAddress().getHostAddress();
            JmxPort opened = JmxPort.open(
                    new JmxPort.Place(address.getAddress(), host, self.jmxPort()),
                    new JmxLogIn(access, management),
                    new TerracottaServer(management, settings),
                    new ManagedServer(management, token));
            LOGGER.log(
                    Level.INFO,
                    "jmx-port open, "
                            + (access.isRequired() ? "for users of the password file" : "to look, from this machine")
                            + ": service:jmx:rmi:///jndi/rmi://"
                            + name(InetSocketAddress.createUnresolved(host, self.jmxPort())) + "/jmxrmi");
            return opened;
        } catch (IOException e) {
            LOGGER.log(
                    Level.ERROR,
                    "jmx-port cannot be opened: server=" + self.name() + " address=" + name(address) + " reason="
                            + firstWords(e) + "; another process may hold the port: stop it, or set another jmx-port"
                            + " for this server in tc-config");
            stopProcess();
            return null;
        }
    }

    /** RMI puts the stack of causes into its message, line by line. */
    private static String firstWords(IOException e) {
        return String.valueOf(e.getMessage()).split("; nested exception", 2)[0];
    }

    private static String advice(InetSocketAddress address, IOException e) {
        if (address.isUnresolved()) {
            return "the name cannot be resolved: correct the bind address of management-port in tc-config";
        }
        if (e instanceof BindException && String.valueOf(e.getMessage()).contains("assign")) {
            return "this machine does not have that address: correct host or bind of this server in tc-config";
        }
        return "another process may hold the port: stop it, or set another management-port for this server in tc-config";
    }

    private @Nullable StopToken writeToken() {
        try {
            return StopToken.create(self.dataDirectory());
        } catch (IOException e) {
            LOGGER.log(
                    Level.WARNING,
                    "no token for stop requests, so bin/stop-server cannot stop this server (SIGTERM does): dataDirectory="
                            + self.dataDirectory() + " reason=" + e);
            return null;
        }
    }

    private void stopProcess() {
        System.setProperty(EXIT_CODE_PROPERTY, Integer.toString(EXIT_CONFIGURATION));
        try {
            bundles.getBundle(Constants.SYSTEM_BUNDLE_ID).stop();
        } catch (BundleException e) {
            LOGGER.log(Level.ERROR, "framework does not stop", e);
        }
    }

    private static String name(InetSocketAddress address) {
        String host = address.isUnresolved()
                ? address.getHostString()
                : address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }
}

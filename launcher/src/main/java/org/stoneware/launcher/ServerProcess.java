package org.stoneware.launcher;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.felix.framework.FrameworkFactory;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.config.ConfigText;
import org.stoneware.config.FrameworkProperties;

/**
 * One run of Felix: starts it with the bundles of a set, waits for its end, and turns that into an exit code.
 * <p>
 * Anything may ask for the end: a signal, the management port, a component that can't go on. All of them stop bundle 0; a watchdog bounds how
 * long that may take.
 */
final class ServerProcess {
    private static final Logger LOGGER = System.getLogger("org.stoneware.launcher");
    private static final long STOP_LIMIT_SEC = 20;
    private static final String POLL_INTERVAL_MS = "500";
    /** Symbolic names of the server's own bundles begin so, ... */
    private static final String PARTS = "org.stoneware.";
    /** ... and those of stores and their libraries so. */
    private static final String STORES = "org.stoneware.storage.";

    private final ConfigText text;
    private final ServerSettings server;
    private final BundleSet bundles;
    private final Path home;
    private final AtomicBoolean isStopping = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);

    ServerProcess(ConfigText text, ServerSettings server, BundleSet bundles, Path home) {
        this.text = text;
        this.server = server;
        this.bundles = bundles;
        this.home = home;
    }

    /** Runs until the framework has stopped. */
    int run() throws ProgramException {
        System.clearProperty(FrameworkProperties.EXIT_CODE);
        Framework framework = new FrameworkFactory().newFramework(properties());
        try {
            framework.init();
            framework.getBundleContext().addBundleListener((SynchronousBundleListener) event -> {
                if (event.getType() == BundleEvent.STOPPING && event.getBundle().getBundleId() == 0) {
                    boundTheStop();
                }
            });
            install(framework.getBundleContext());
            StopSignals.install(by -> stop(framework, by));
            Thread hook = new Thread(() -> stopWithTheJvm(framework), "stoneware-shutdown");
            Runtime.getRuntime().addShutdownHook(hook);
            framework.start();
            framework.waitForStop(0);
        } catch (BundleException e) {
            throw new ProgramException(ExitCode.FATAL, "the framework does not start: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended.countDown();
        }
        int exitCode = Integer.getInteger(FrameworkProperties.EXIT_CODE, ExitCode.CLEAN);
        LOGGER.log(Level.INFO, "server " + server.name() + " has ended, exit code " + exitCode);
        return exitCode;
    }

    private Map<String, Object> properties() {
        Map<String, Object> properties = new HashMap<>();
        properties.put(
                Constants.FRAMEWORK_STORAGE,
                server.dataDirectory().resolve("felix-cache").toString());
        // Nothing of an earlier run may come to life again, least of all its configurations.
        properties.put(Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        // Agrona needs this package of the JDK; the launcher's manifest opens it to the class path.
        properties.put(Constants.FRAMEWORK_BOOTDELEGATION, "jdk.internal.misc");
        properties.put(Constants.FRAMEWORK_BEGINNING_STARTLEVEL, String.valueOf(bundles.highestStartLevel()));
        properties.put("felix.log.logger", new FelixLog());
        properties.put("felix.log.level", "2");
        properties.put("felix.service.urlhandlers", "false");
        properties.put("felix.fileinstall.dir", deployDirectory().toString());
        properties.put("felix.fileinstall.poll", POLL_INTERVAL_MS);
        // What was retired lies in a directory below.
        properties.put("felix.fileinstall.subdir.mode", "skip");
        properties.put("felix.fileinstall.noInitialDelay", "true");
        properties.put("felix.fileinstall.enableConfigSave", "false");
        properties.put("felix.fileinstall.start.level", String.valueOf(bundles.highestStartLevel()));
        properties.put(
                "felix.fileinstall.tmpdir",
                server.dataDirectory()
                        .resolve("felix-cache")
                        .resolve("deploy-tmp")
                        .toString());
        properties.put(FrameworkProperties.SOURCE, text.source());
        properties.put(FrameworkProperties.TEXT, text.text());
        properties.put(FrameworkProperties.BASE_DIRECTORY, text.baseDirectory().toString());
        properties.put(FrameworkProperties.SERVER_NAME, server.name());
        properties.put(FrameworkProperties.HOME, home.toString());
        return properties;
    }

    /** Where jars dropped while running are picked up; below the data directory when the installation is read-only. */
    private Path deployDirectory() {
        Path deploy = home.resolve("deploy");
        try {
            Files.createDirectories(deploy);
            return deploy;
        } catch (IOException e) {
            Path own = server.dataDirectory().resolve("deploy");
            LOGGER.log(
                    Level.WARNING,
                    deploy + " can't be created (" + ConfigLocator.reason(e) + "); bundles can be dropped into " + own);
            own.toFile().mkdirs();
            return own;
        }
    }

    private void install(BundleContext context) throws ProgramException {
        Map<String, Path> parts = new HashMap<>();
        for (BundleSet.Entry entry : bundles.entries()) {
            try {
                Bundle bundle = context.installBundle("reference:" + entry.jar().toUri());
                requireOnce(parts, bundle.getSymbolicName(), entry.jar());
                bundle.adapt(BundleStartLevel.class).setStartLevel(entry.startLevel());
                if (bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null) {
                    bundle.start(); // only noted: the framework starts it when its level is reached
                }
            } catch (BundleException e) {
                throw new ProgramException(
                        ExitCode.CONFIGURATION,
                        "bundle set: " + entry.jar() + " can't be installed: " + e.getMessage()
                                + "; replace it, or take it out of " + bundles.file());
            }
        }
    }

    /** Two elections or transports would both be started, and which of them is used would be chance. Stores may be there twice. */
    private void requireOnce(Map<String, Path> parts, @Nullable String name, Path jar) throws ProgramException {
        if (name == null || !name.startsWith(PARTS) || name.startsWith(STORES)) {
            return;
        }
        Path other = parts.put(name, jar);
        if (other != null && !other.equals(jar)) {
            throw new ProgramException(
                    ExitCode.CONFIGURATION,
                    "bundle set: " + other + " and " + jar + " are the same bundle, " + name + "; name one of them in "
                            + bundles.file());
        }
    }

    private void stop(Framework framework, String by) {
        if (ended.getCount() == 0 || !isStopping.compareAndSet(false, true)) {
            return;
        }
        LOGGER.log(Level.INFO, "stopping: " + by);
        try {
            framework.stop();
            framework.waitForStop(TimeUnit.SECONDS.toMillis(STOP_LIMIT_SEC));
        } catch (BundleException e) {
            LOGGER.log(Level.ERROR, "the framework does not stop", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The JVM ends with its hooks, so this stays until the framework has stopped, also when that was begun by somebody else. */
    private void stopWithTheJvm(Framework framework) {
        stop(framework, "end of the JVM");
        try {
            boolean unused = ended.await(STOP_LIMIT_SEC, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void boundTheStop() {
        Thread watchdog = new Thread(
                () -> {
                    try {
                        if (!ended.await(STOP_LIMIT_SEC, TimeUnit.SECONDS)) {
                            dumpThreads();
                            Runtime.getRuntime().halt(ExitCode.FATAL);
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "stoneware-stop-watchdog");
        watchdog.setDaemon(true);
        watchdog.start();
    }

    private static void dumpThreads() {
        StringBuilder dump =
                new StringBuilder("not stopped within " + STOP_LIMIT_SEC + " s, ending the process; threads:");
        Thread.getAllStackTraces().forEach((thread, frames) -> {
            dump.append('\n').append(thread.getName());
            for (StackTraceElement frame : frames) {
                dump.append("\n  at ").append(frame);
            }
        });
        LOGGER.log(Level.ERROR, dump.toString());
    }
}

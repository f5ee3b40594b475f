package org.stoneware.config;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.stoneware.api.config.AccountFiles;
import org.stoneware.api.config.ArrayKey;
import org.stoneware.api.config.ArrayKeyException;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.EffectiveConfiguration;
import org.stoneware.api.config.ManagementAccess;
import org.stoneware.api.config.ManagementAccessException;

/**
 * Brings the configuration into Felix: registers {@link ArraySettings} and writes one Configuration Admin entry per chosen component.
 * <p>
 * A configuration that can't be met ends the process with exit code 2; the launcher has already refused what is wrong with the file
 * itself.
 */
@Component(
        service = {},
        immediate = true)
public final class TcConfigInstaller {
    private static final Logger LOGGER = System.getLogger("org.stoneware.config");
    private static final String OURS = "(service.pid=org.stoneware.*)";
    private static final String EXIT_CODE_CONFIGURATION = "2";

    private final BundleContext context;
    private final ConfigurationAdmin admin;
    private @Nullable ServiceRegistration<ArraySettings> registration;
    private @Nullable ServiceRegistration<ManagementAccess> access;
    private @Nullable ServiceRegistration<EffectiveConfiguration> effective;

    @Activate
    public TcConfigInstaller(BundleContext context, @Reference ConfigurationAdmin admin) throws IOException {
        this.context = context;
        this.admin = admin;
        install();
    }

    @Deactivate
    public void deactivate() {
        unregister(registration);
        unregister(access);
        unregister(effective);
    }

    private static void unregister(@Nullable ServiceRegistration<?> service) {
        if (service != null) {
            service.unregister();
        }
    }

    private void install() throws IOException {
        String text = context.getProperty(FrameworkProperties.TEXT);
        String name = context.getProperty(FrameworkProperties.SERVER_NAME);
        if (text == null || name == null) {
            refuse("framework properties " + FrameworkProperties.TEXT + " and " + FrameworkProperties.SERVER_NAME
                    + " are not set; start with bin/start-server");
            return;
        }
        String source = property(FrameworkProperties.SOURCE, ConfigText.BUILT_IN);
        Path directory = Path.of(property(FrameworkProperties.BASE_DIRECTORY, ""));
        TcConfig config =
                new TcConfigParser(new SystemHostEnvironment()).parse(new ConfigText(source, directory, text));
        ServerChoice choice = config.choose(name);
        List<Problem> problems = choice.isChosen() ? config.problems(choice.position()) : config.problems();
        if (!choice.isChosen() || !TcConfig.isValid(problems)) {
            problems.forEach(problem -> LOGGER.log(Level.ERROR, problem.format(source)));
            refuse(choice.isChosen() ? source + " is not valid" : choice.problem());
            return;
        }
        String home = property(FrameworkProperties.HOME, "");
        ArraySettings settings = config.settings(choice.position(), home.isEmpty() ? null : Path.of(home));
        String keyProblem = keyProblem(settings.arrayKey());
        if (!keyProblem.isEmpty()) {
            refuse(keyProblem);
            return;
        }
        String accessProblem = registerAccess(settings);
        if (!accessProblem.isEmpty()) {
            refuse(accessProblem);
            return;
        }
        effective = context.registerService(
                EffectiveConfiguration.class, effective(config, settings.self().name()), null);
        install(settings);
    }

    /** @return why the accounts can't be used; empty when they can, or when there are none. */
    private String registerAccess(ArraySettings settings) {
        try {
            Path passwords = settings.passwordFile();
            access = context.registerService(
                    ManagementAccess.class,
                    passwords == null ? ManagementAccess.NONE : AccountFiles.open(passwords, settings.accessFile()),
                    null);
            return "";
        } catch (ManagementAccessException e) {
            return e.text();
        }
    }

    private static EffectiveConfiguration effective(TcConfig config, String server) {
        return new EffectiveConfiguration(
                config.text().source(),
                server,
                config.effectiveValues().stream()
                        .map(each -> new EffectiveConfiguration.Value(each.name(), each.value(), each.origin()))
                        .toList());
    }

    /** Why the array's key can't be used; empty when it can, or when there is none. */
    private static String keyProblem(@Nullable Path file) {
        try {
            if (file != null) {
                ArrayKey.read(file);
            }
            return "";
        } catch (ArrayKeyException e) {
            return e.text();
        }
    }

    private void install(ArraySettings settings) throws IOException {
        ComponentPlan plan = ComponentPlan.of(
                settings,
                BundleOffers.of(context.getBundles(), BundleOffers.STORAGE, BundleOffers.STORAGE_MODE),
                BundleOffers.of(context.getBundles(), BundleOffers.TRANSPORT, BundleOffers.TRANSPORT_NAME),
                BundleOffers.of(context.getBundles(), BundleOffers.ELECTION, BundleOffers.ELECTION_POLICY));
        if (!plan.problem().isEmpty()) {
            refuse(settings.source() + ": " + plan.problem());
            return;
        }
        deleteStale(plan.configurations());
        registration = context.registerService(ArraySettings.class, settings, null);
        Level level = plan.storageNote().isEmpty() ? Level.INFO : Level.WARNING;
        LOGGER.log(
                level,
                "storage mode:     " + plan.storageMode()
                        + (plan.storageNote().isEmpty() ? "" : "; " + plan.storageNote()));
        for (Map.Entry<String, Map<String, Object>> entry :
                plan.configurations().entrySet()) {
            Dictionary<String, Object> properties = new Hashtable<>(entry.getValue());
            admin.getConfiguration(entry.getKey(), "?").update(properties);
        }
        // Also for stores that are not chosen now: the server may be told to use them while it runs.
        new StorageConfigurations(admin, Map.of("server.name", settings.self().name())).begin(context);
    }

    /** The launcher empties the framework's storage at start; whatever is left all the same must not bring a component to life. */
    private void deleteStale(Map<String, Map<String, Object>> wanted) throws IOException {
        try {
            Configuration[] existing = admin.listConfigurations(OURS);
            for (Configuration configuration : existing == null ? new Configuration[0] : existing) {
                if (!wanted.containsKey(configuration.getPid())) {
                    configuration.delete();
                }
            }
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException("constant filter is malformed: filter=" + OURS, e);
        }
    }

    private void refuse(String reason) {
        LOGGER.log(Level.ERROR, reason);
        System.setProperty(FrameworkProperties.EXIT_CODE, EXIT_CODE_CONFIGURATION);
        try {
            context.getBundle(0).stop();
        } catch (BundleException e) {
            LOGGER.log(Level.ERROR, "the framework does not stop", e);
        }
    }

    private String property(String name, String byDefault) {
        String value = context.getProperty(name);
        return value == null ? byDefault : value;
    }
}

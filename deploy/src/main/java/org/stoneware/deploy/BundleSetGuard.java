package org.stoneware.deploy;

import java.io.File;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.felix.fileinstall.ArtifactInstaller;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Version;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.stoneware.api.cluster.ProblemSource;

/**
 * Puts aside what is dropped into the watched directory and can't be exchanged while the server runs. FileInstall alone would stop, update
 * and start the election or the transport in use, or start a second one beside it.
 * <p>
 * <b>Threading:</b> called by FileInstall's thread; {@link #problems} from any.
 * <p>
 * <b>Failure:</b> nothing is installed; a problem says what to do as long as the file lies there.
 */
@Component(
        service = {ArtifactInstaller.class, ProblemSource.class},
        property = "service.ranking:Integer=2000",
        immediate = true)
public final class BundleSetGuard implements ArtifactInstaller, ProblemSource {
    private static final System.Logger LOG = System.getLogger("org.stoneware.deploy");

    private final BundleContext bundles;
    /** By file. */
    private final Map<String, String> problems = new ConcurrentSkipListMap<>();

    @Activate
    public BundleSetGuard(BundleContext bundles) {
        this.bundles = bundles;
    }

    @Override
    public boolean canHandle(File file) {
        BundleFile found = BundleFile.read(file);
        return found != null && !RestartRule.refusal(found, running()).isEmpty();
    }

    @Override
    public void install(File file) {
        BundleFile found = BundleFile.read(file);
        if (found == null) {
            return;
        }
        String problem = "deploy/" + file.getName() + " is not started: " + found.inWords() + ": "
                + RestartRule.refusal(found, running());
        LOG.log(System.Logger.Level.WARNING, problem);
        problems.put(file.getAbsolutePath(), problem);
    }

    @Override
    public void update(File file) {
        install(file);
    }

    @Override
    public void uninstall(File file) {
        problems.remove(file.getAbsolutePath());
    }

    @Override
    public List<String> problems() {
        return List.copyOf(problems.values());
    }

    /** What the server was started with: all that did not come from the watched directory. */
    private Map<String, Set<Version>> running() {
        List<String> watched = WatchedDirectories.paths(bundles.getProperty(WatchedDirectories.PROPERTY)).stream()
                .map(each -> new File(each).toURI().getRawPath())
                .toList();
        Map<String, Set<Version>> running = new HashMap<>();
        for (Bundle each : bundles.getBundles()) {
            String location = each.getLocation();
            boolean isDropped = location.startsWith(StorageBundleInstaller.LOCATION)
                    || watched.stream().anyMatch(location::contains);
            if (each.getSymbolicName() != null && !isDropped) {
                running.computeIfAbsent(each.getSymbolicName(), name -> new HashSet<>())
                        .add(each.getVersion());
            }
        }
        return running;
    }
}

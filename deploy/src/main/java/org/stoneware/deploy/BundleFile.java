package org.stoneware.deploy;

import java.io.File;
import java.io.IOException;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/**
 * A jar that says of itself that it offers a store.
 *
 * @param file         where it lies.
 * @param symbolicName of the bundle.
 * @param version      of the bundle.
 */
record StorageBundleFile(File file, String symbolicName, Version version) {
    /** Namespace of the capability by which a bundle says that it offers a store. */
    static final String NAMESPACE = "org.stoneware.storage";

    private static final Pattern CAPABILITY = Pattern.compile("(^|,)\\s*" + Pattern.quote(NAMESPACE) + "\\s*(;|,|$)");

    /** @return null when it is no storage bundle, or can't be read (yet). */
    static @Nullable StorageBundleFile read(File file) {
        if (!file.getName().endsWith(".jar")) {
            return null;
        }
        try (JarFile jar = new JarFile(file)) {
            Manifest manifest = jar.getManifest();
            return manifest == null ? null : of(file, manifest.getMainAttributes());
        } catch (IOException | IllegalArgumentException e) {
            return null;
        }
    }

    private static @Nullable StorageBundleFile of(File file, Attributes manifest) {
        String capabilities = manifest.getValue(Constants.PROVIDE_CAPABILITY);
        String name = manifest.getValue(Constants.BUNDLE_SYMBOLICNAME);
        if (capabilities == null
                || name == null
                || !CAPABILITY.matcher(capabilities).find()) {
            return null;
        }
        int directives = name.indexOf(';');
        return new StorageBundleFile(
                file,
                (directives < 0 ? name : name.substring(0, directives)).trim(),
                Version.parseVersion(manifest.getValue(Constants.BUNDLE_VERSION)));
    }

    String inWords() {
        return symbolicName + ' ' + version;
    }
}

package org.stoneware.deploy;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/**
 * What a bundle says of itself before it is installed.
 *
 * @param file         jar, or directory with the content of one.
 * @param symbolicName of the bundle.
 * @param version      of the bundle.
 * @param offersStore  it has the capability {@value #STORAGE}.
 * @param services     interfaces of the services it registers, as far as its capabilities say so.
 * @param host         symbolic name of the bundle it is a fragment of; null when it is none.
 */
record BundleFile(
        File file,
        String symbolicName,
        Version version,
        boolean offersStore,
        Set<String> services,
        @Nullable String host) {
    /** Namespace of the capability by which a bundle says that it offers a store. */
    static final String STORAGE = "org.stoneware.storage";

    private static final Pattern STORE = Pattern.compile("(^|,)\\s*" + Pattern.quote(STORAGE) + "\\s*(;|,|$)");
    private static final Pattern SERVICES =
            Pattern.compile("objectClass\\s*(?::\\s*List(?:<\\s*String\\s*>)?)?\\s*=\\s*(?:\"([^\"]*)\"|([\\w.$]+))");

    /** @return null when it is no bundle, or can't be read (yet). */
    static @Nullable BundleFile read(File file) {
        try {
            Manifest manifest = manifest(file);
            return manifest == null ? null : of(file, manifest.getMainAttributes());
        } catch (IOException | IllegalArgumentException e) {
            return null;
        }
    }

    private static @Nullable Manifest manifest(File file) throws IOException {
        if (file.isDirectory()) {
            try (InputStream content = new FileInputStream(new File(file, JarFile.MANIFEST_NAME))) {
                return new Manifest(content);
            }
        }
        try (JarFile jar = new JarFile(file)) {
            return jar.getManifest();
        }
    }

    private static @Nullable BundleFile of(File file, Attributes manifest) {
        String name = manifest.getValue(Constants.BUNDLE_SYMBOLICNAME);
        if (name == null) {
            return null;
        }
        String capabilities = manifest.getValue(Constants.PROVIDE_CAPABILITY);
        String host = manifest.getValue(Constants.FRAGMENT_HOST);
        return new BundleFile(
                file,
                withoutDirectives(name),
                Version.parseVersion(manifest.getValue(Constants.BUNDLE_VERSION)),
                capabilities != null && STORE.matcher(capabilities).find(),
                capabilities == null ? Set.of() : services(capabilities),
                host == null ? null : withoutDirectives(host));
    }

    private static Set<String> services(String capabilities) {
        Set<String> services = new LinkedHashSet<>();
        Matcher found = SERVICES.matcher(capabilities);
        while (found.find()) {
            String names = found.group(1) == null ? found.group(2) : found.group(1);
            for (String each : names.split(",")) {
                services.add(each.trim());
            }
        }
        return services;
    }

    private static String withoutDirectives(String name) {
        int directives = name.indexOf(';');
        return (directives < 0 ? name : name.substring(0, directives)).trim();
    }

    String inWords() {
        return symbolicName + ' ' + version;
    }
}

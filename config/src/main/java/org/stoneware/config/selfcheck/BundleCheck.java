package org.stoneware.config.selfcheck;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.startlevel.FrameworkStartLevel;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.resource.Namespace;

/** Finds bundles that do not resolve, with what they miss, and bundles that resolved but did not start. */
final class BundleCheck {
    private static final Pattern PACKAGE = Pattern.compile("osgi\\.wiring\\.package=([\\w.]+)");

    private BundleCheck() {}

    /** @param system the system bundle. */
    static List<String> problems(Bundle system, Bundle[] bundles) {
        int frameworkLevel = system.adapt(FrameworkStartLevel.class).getStartLevel();
        List<String> problems = new ArrayList<>();
        for (Bundle bundle : bundles) {
            if (isFragment(bundle) || bundle.getState() == Bundle.UNINSTALLED) {
                continue;
            }
            if (bundle.getState() == Bundle.INSTALLED) {
                problems.add("bundle " + name(bundle) + " does not resolve: " + missing(bundle, bundles));
            } else if (bundle.getState() == Bundle.RESOLVED && isDue(bundle, frameworkLevel)) {
                problems.add("bundle " + name(bundle) + " did not start; its exception is in the log");
            }
        }
        return problems;
    }

    private static boolean isFragment(Bundle bundle) {
        return bundle.getHeaders().get(Constants.FRAGMENT_HOST) != null;
    }

    private static boolean isDue(Bundle bundle, int frameworkLevel) {
        BundleStartLevel level = bundle.adapt(BundleStartLevel.class);
        return level != null && level.isPersistentlyStarted() && level.getStartLevel() <= frameworkLevel;
    }

    private static String missing(Bundle bundle, Bundle[] bundles) {
        BundleRevision revision = bundle.adapt(BundleRevision.class);
        List<String> missing = new ArrayList<>();
        for (BundleRequirement requirement :
                revision == null ? List.<BundleRequirement>of() : revision.getDeclaredRequirements(null)) {
            if (isMandatory(requirement) && !isOffered(requirement, bundles)) {
                missing.add(describe(requirement));
            }
        }
        return missing.isEmpty()
                ? "each thing it needs is there, but the parts do not fit together (see the log)"
                : "missing " + String.join(", ", missing);
    }

    private static boolean isMandatory(BundleRequirement requirement) {
        String resolution = requirement.getDirectives().get(Namespace.REQUIREMENT_RESOLUTION_DIRECTIVE);
        String effective = requirement.getDirectives().get(Namespace.REQUIREMENT_EFFECTIVE_DIRECTIVE);
        boolean isOptional = Namespace.RESOLUTION_OPTIONAL.equals(resolution)
                || PackageNamespace.RESOLUTION_DYNAMIC.equals(resolution);
        boolean isForResolving = effective == null || Namespace.EFFECTIVE_RESOLVE.equals(effective);
        return !isOptional && isForResolving;
    }

    private static boolean isOffered(BundleRequirement requirement, Bundle[] bundles) {
        for (Bundle bundle : bundles) {
            BundleRevision revision = bundle.adapt(BundleRevision.class);
            if (revision == null) {
                continue;
            }
            for (BundleCapability capability : revision.getDeclaredCapabilities(requirement.getNamespace())) {
                if (requirement.matches(capability)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static String describe(BundleRequirement requirement) {
        String filter = requirement.getDirectives().get(Namespace.REQUIREMENT_FILTER_DIRECTIVE);
        Matcher matcher = PACKAGE.matcher(String.valueOf(filter));
        if (requirement.getNamespace().equals(PackageNamespace.PACKAGE_NAMESPACE) && matcher.find()) {
            return "package " + matcher.group(1);
        }
        return requirement.getNamespace() + (filter == null ? "" : " " + filter);
    }

    private static String name(Bundle bundle) {
        return bundle.getSymbolicName() + " " + bundle.getVersion();
    }
}

package org.stoneware.shell.command;

import java.util.Comparator;
import java.util.stream.Stream;
import org.apache.felix.service.command.Converter;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Lets Felix's own commands ({@code stop}, {@code update}, {@code headers}, ...) take a bundle by its id or its symbolic name. Felix keeps
 * this in its own shell, which is not here.
 */
@Component(service = Converter.class, property = "osgi.converter.classes=org.osgi.framework.Bundle")
public final class BundleConverter implements Converter {
    private final BundleContext bundles;

    @Activate
    public BundleConverter(BundleContext bundles) {
        this.bundles = bundles;
    }

    /** The bundle of that id; else the newest of that symbolic name; null for anything else, which gogo then complains about. */
    @Override
    public @Nullable Object convert(Class<?> wanted, Object given) {
        if (wanted != Bundle.class) {
            return null;
        }
        String text = given.toString();
        return Stream.of(bundles.getBundles())
                .filter(each -> text.equals(String.valueOf(each.getBundleId())) || text.equals(each.getSymbolicName()))
                .max(Comparator.comparing(Bundle::getVersion))
                .orElse(null);
    }

    /** Bundles are shown as gogo shows anything. */
    @Override
    public @Nullable CharSequence format(Object shown, int level, Converter others) {
        return null;
    }
}

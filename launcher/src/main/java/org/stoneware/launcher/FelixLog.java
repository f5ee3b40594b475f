package org.stoneware.launcher;

import java.lang.System.Logger.Level;
import org.apache.felix.framework.Logger;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceReference;

/** Brings what the framework has to say into the server's log, where an operator looks. */
final class FelixLog extends Logger {
    private static final System.Logger LOGGER = System.getLogger("org.stoneware.felix");

    @Override
    @SuppressWarnings("rawtypes") // the overridden method is declared so
    protected void doLog(
            @Nullable Bundle bundle,
            @Nullable ServiceReference service,
            int level,
            String message,
            @Nullable Throwable failure) {
        String text = bundle == null ? message : bundle.getSymbolicName() + ": " + message;
        if (failure == null) {
            LOGGER.log(levelOf(level), text);
        } else if (failure instanceof BundleException && failure.getCause() == null) {
            // Something that does not resolve: the message says all, the frames are the framework's own.
            LOGGER.log(levelOf(level), text + ": " + failure.getMessage());
        } else {
            LOGGER.log(levelOf(level), text, failure);
        }
    }

    private static Level levelOf(int level) {
        return switch (level) {
            case Logger.LOG_ERROR -> Level.ERROR;
            case Logger.LOG_WARNING -> Level.WARNING;
            case Logger.LOG_INFO -> Level.INFO;
            default -> Level.DEBUG;
        };
    }
}

package org.stoneware.api.config;

import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Who may manage this server: JMX, HTTP and shell ask it alike. Registered as an OSGi service by {@code config}.
 * <p>
 * <b>Threading:</b> any thread.
 */
@ProviderType
public interface ManagementAccess {
    /** Nobody has an account: doors stay on this machine, and what changes something wants the token of this start. */
    ManagementAccess NONE = new ManagementAccess() {
        @Override
        public boolean isRequired() {
            return false;
        }

        @Override
        public @Nullable Account logIn(String user, String password) {
            return null;
        }
    };

    /** True when the configuration names a password file: then nobody gets anywhere without logging in. */
    boolean isRequired();

    /**
     * Looks a user up as the files are now.
     * <p>
     * <b>Failure:</b> files that can't be used any more let nobody in; the log says why.
     *
     * @return null when the user is unknown or the password wrong.
     */
    @Nullable
    Account logIn(String user, String password);

    /**
     * Somebody who has logged in.
     *
     * @param user      name in the password file.
     * @param mayChange true when the access file gives {@code readwrite}: may stop, hand over, end sessions; else may only look.
     */
    record Account(String user, boolean mayChange) {}
}

package org.stoneware.tomcat;

import java.security.Principal;
import java.util.Set;
import org.apache.catalina.authenticator.Constants;
import org.jspecify.annotations.Nullable;

/**
 * What every Tomcat must know of a session's login, kept as container attributes: who it is, how that was proven, and the notes without
 * which a form login can't go on at another Tomcat. Never the password.
 * <p>
 * <b>Threading:</b> callable from any thread.
 */
final class SharedLogin {
    private static final String PRINCIPAL = "principal";
    private static final String AUTH_TYPE = "authType";
    private static final String NOTE_PREFIX = "note:";
    static final Set<String> NOTES = Set.of(Constants.SESSION_ID_NOTE, Constants.FORM_REQUEST_NOTE);

    private final SessionAttributes container;

    SharedLogin(SessionAttributes container) {
        this.container = container;
    }

    @Nullable
    Principal principal() {
        return container.get(PRINCIPAL) instanceof Principal stored ? stored : null;
    }

    void principal(@Nullable Principal principal) {
        share(PRINCIPAL, principal == null ? null : SharedPrincipal.of(principal));
    }

    @Nullable
    String authType() {
        return container.get(AUTH_TYPE) instanceof String stored ? stored : null;
    }

    void authType(@Nullable String authType) {
        share(AUTH_TYPE, authType);
    }

    /** Null for a note that is not shared, too. */
    @Nullable
    Object note(String name) {
        return NOTES.contains(name) ? container.get(NOTE_PREFIX + name) : null;
    }

    /** Does nothing for a note that is not shared. */
    void note(String name, @Nullable Object value) {
        if (NOTES.contains(name)) {
            share(NOTE_PREFIX + name, value);
        }
    }

    private void share(String name, @Nullable Object value) {
        if (value == null) {
            container.remove(name);
        } else if (!value.equals(container.get(name))) {
            container.put(name, value);
        }
    }
}

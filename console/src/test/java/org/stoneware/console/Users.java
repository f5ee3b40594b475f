package org.stoneware.console;

import org.stoneware.api.config.ManagementAccess;

/** Ann may look, Bea may change. */
final class Users implements ManagementAccess {
    static final ManagementAccess AND_RIGHTS = new Users();

    @Override
    public boolean isRequired() {
        return true;
    }

    @Override
    public Account logIn(String user, String password) {
        return switch (user + ":" + password) {
            case "ann:sees" -> new Account(user, false);
            case "bea:does" -> new Account(user, true);
            default -> null;
        };
    }
}

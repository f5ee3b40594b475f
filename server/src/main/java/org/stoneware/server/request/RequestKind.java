package org.stoneware.server.request;

import java.util.Locale;

/** What a Tomcat asks for, as the figures tell it apart. */
enum RequestKind {
    OPEN,
    WRITE,
    REMOVE,
    RENAME,
    TOUCH,
    RELEASE;

    /** Lower case, as in names of figures. */
    String externalName() {
        return name().toLowerCase(Locale.ROOT);
    }
}

/** The replicated state: sessions, answers given, expiry notices; fed by the log and free of clocks and sockets. */
@NullMarked
package org.stoneware.server.session;

import org.jspecify.annotations.NullMarked;

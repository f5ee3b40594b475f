/** Questions of people and tools about sessions, worked on in small pieces between the requests of Tomcats. See ADR 0140. */
@NullMarked
package org.stoneware.server.admin;

import org.jspecify.annotations.NullMarked;

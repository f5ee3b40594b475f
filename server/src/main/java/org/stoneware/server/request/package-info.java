/** What happens to one request of a Tomcat, from decoded message to reply; ownership of sessions. */
@NullMarked
package org.stoneware.server.request;

import org.jspecify.annotations.NullMarked;

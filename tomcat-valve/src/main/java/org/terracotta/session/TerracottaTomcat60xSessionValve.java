package org.terracotta.session;

import org.stoneware.tomcat.SessionValve;

/** {@link SessionValve} under the class name a Terracotta context.xml uses. */
public final class TerracottaTomcat60xSessionValve extends SessionValve {}

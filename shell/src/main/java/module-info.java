/** The gogo commands of a server, the local socket they are reached by, and the client side of {@code bin/shell}. */
module org.stoneware.shell {
    requires org.stoneware.api;
    requires com.fasterxml.jackson.core;
    requires java.logging;
    requires java.management;
    requires jdk.net;
    requires org.apache.felix.gogo.runtime;
    requires static org.jline;
    requires static osgi.annotation;
    requires static osgi.core;
    requires static org.osgi.service.component.annotations;

    exports org.stoneware.shell.client;
}

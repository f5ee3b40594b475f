/** The management port, status page, REST, metrics and health over HTTP, and the jmx-port. The only module that knows HTTP and JMX. */
module org.stoneware.console {
    requires org.stoneware.api;
    requires com.fasterxml.jackson.core;
    requires java.management;
    requires java.management.rmi;
    requires java.rmi;
    requires jdk.httpserver;
    requires org.stoneware.prometheus;
    requires static osgi.annotation;
    requires static osgi.core;
    requires static org.osgi.service.component.annotations;
}

/** The management port: status page, REST and health over HTTP. The only module that knows HTTP. */
module org.stoneware.console {
    requires org.stoneware.api;
    requires com.fasterxml.jackson.core;
    requires java.management;
    requires jdk.httpserver;
    requires org.stoneware.prometheus;
    requires static osgi.annotation;
    requires static osgi.core;
    requires static org.osgi.service.component.annotations;
}

/** tc-config.xml: the only module that knows the file. */
module org.stoneware.config {
    requires transitive org.stoneware.api;
    requires java.management;
    requires java.xml;
    requires jdk.management;
    requires static org.jspecify;
    requires static osgi.annotation;
    requires static osgi.core;
    requires static org.osgi.service.cm;
    requires static org.osgi.service.component;
    requires static org.osgi.service.component.annotations;

    exports org.stoneware.config;
}

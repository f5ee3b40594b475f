/** Storage bundles dropped into a directory while the server runs. */
module org.stoneware.deploy {
    requires transitive org.stoneware.api;
    requires org.apache.felix.fileinstall;
    requires static org.osgi.service.component.annotations;
    requires static osgi.core;
    requires static osgi.annotation;
    requires static transitive org.jspecify;
}

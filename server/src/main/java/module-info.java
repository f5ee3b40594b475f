/** The core of a Stoneware server: roles, requests, replication, sessions, ownership and expiry. */
module org.stoneware.server {
    requires transitive org.stoneware.api;
    requires org.stoneware.wire;
    requires static org.osgi.service.component.annotations;
    requires static osgi.core;
    requires static osgi.annotation;
}

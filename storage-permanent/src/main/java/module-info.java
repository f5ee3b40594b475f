/** Persistence mode {@code permanent-store}: sessions that outlive the server. */
module org.stoneware.storage.permanent {
    requires transitive org.stoneware.api;
    requires org.stoneware.storage.engine;
    requires static osgi.annotation;
    requires static org.osgi.service.component.annotations;
    requires static transitive org.jspecify;
}

/** Persistence mode {@code temporary-swap-only}: sessions in memory first, on disk beyond. */
module org.stoneware.storage.swap {
    requires transitive org.stoneware.api;
    requires org.stoneware.storage.engine;
    requires static osgi.annotation;
    requires static org.osgi.service.component.annotations;
    requires static transitive org.jspecify;
}

/** Persistence mode {@code memory}: sessions in bounded memory outside the heap. */
module org.stoneware.storage.memory {
    requires transitive org.stoneware.api;
    requires org.stoneware.storage.slab;
    requires static osgi.annotation;
    requires static org.osgi.service.component.annotations;
    requires static transitive org.jspecify;
}

/** Bounded memory of a store: records outside the heap, an index of primitive arrays on it. */
module org.stoneware.storage.slab {
    requires transitive org.stoneware.api;
    requires static osgi.annotation;
    requires static transitive org.jspecify;

    exports org.stoneware.storage.slab;
}

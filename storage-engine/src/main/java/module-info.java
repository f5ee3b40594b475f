/** The store that keeps sessions in memory and in a segment log; the storage bundles choose what of it they promise. */
module org.stoneware.storage.engine {
    requires transitive org.stoneware.api;
    requires transitive org.stoneware.storage.segments;
    requires org.stoneware.storage.slab;
    requires static osgi.annotation;
    requires static transitive org.jspecify;

    exports org.stoneware.storage.engine;
}

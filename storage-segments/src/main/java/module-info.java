/** Append log of checksummed records in segment files: the disk part of stores. */
module org.stoneware.storage.segments {
    requires transitive org.stoneware.api;
    requires static osgi.annotation;
    requires static transitive org.jspecify;

    exports org.stoneware.storage.segments;
}

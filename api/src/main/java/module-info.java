/** Domain types of Stoneware and the contracts a plug-in implements. */
module org.stoneware.api {
    requires transitive org.stoneware.agrona;
    requires static transitive org.jspecify;
    requires static osgi.annotation;

    exports org.stoneware.api.backup;
    exports org.stoneware.api.cluster;
    exports org.stoneware.api.config;
    exports org.stoneware.api.session;
    exports org.stoneware.api.time;
    exports org.stoneware.spi.election;
    exports org.stoneware.spi.liveness;
    exports org.stoneware.spi.replication;
    exports org.stoneware.spi.storage;
    exports org.stoneware.spi.transport;
}

/** The only module that knows how messages look on the network. */
module org.stoneware.wire {
    requires transitive org.stoneware.api;
    requires static osgi.annotation;

    exports org.stoneware.wire.figures;
    exports org.stoneware.wire.liveness;
    exports org.stoneware.wire.log;
    exports org.stoneware.wire.replication;
    exports org.stoneware.wire.session;
    exports org.stoneware.wire.witness;
}

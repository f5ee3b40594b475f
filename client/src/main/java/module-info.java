/** The client side of the session protocol. */
module org.stoneware.client {
    requires transitive org.stoneware.api;
    requires org.stoneware.voting;
    requires org.stoneware.wire;
    requires static osgi.annotation;

    exports org.stoneware.client;
}

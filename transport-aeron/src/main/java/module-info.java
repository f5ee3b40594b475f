/** Moves frames over Aeron UDP; the only module that sees Aeron. */
module org.stoneware.transport.aeron {
    requires transitive org.stoneware.api;
    requires org.stoneware.aeron;
    requires static osgi.annotation;
    requires static org.osgi.service.component.annotations;

    exports org.stoneware.transport.aeron;
}

/** The configuration register and the default election policy. */
module org.stoneware.election {
    requires transitive org.stoneware.api;
    requires org.stoneware.voting;
    requires static osgi.annotation;
    requires static org.osgi.service.component.annotations;

    exports org.stoneware.election;
}

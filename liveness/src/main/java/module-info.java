/** Owns the TCP doors of every server and the valve's connections to them: hello, heartbeats, evidence that a process has died. */
module org.stoneware.liveness {
    requires transitive org.stoneware.api;
    requires org.stoneware.wire;
    requires static osgi.annotation;
    requires static org.osgi.service.component.annotations;

    exports org.stoneware.liveness;
}

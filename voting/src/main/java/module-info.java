/** One voter of the configuration register: its memory, its answers and their bytes. */
module org.stoneware.voting {
    requires transitive org.stoneware.api;
    requires static osgi.annotation;

    exports org.stoneware.voting;
}

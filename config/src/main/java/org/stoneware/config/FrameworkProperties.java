package org.stoneware.config;

/** Framework properties by which the launcher hands the configuration into Felix, and how the way out is told. */
public final class FrameworkProperties {
    /** {@link ConfigText#source()}. */
    public static final String SOURCE = "stoneware.config.source";
    /** {@link ConfigText#text()}: handed over so that the file is read only once. */
    public static final String TEXT = "stoneware.config.text";
    /** {@link ConfigText#baseDirectory()}. */
    public static final String BASE_DIRECTORY = "stoneware.config.directory";
    /** Name of this server. */
    public static final String SERVER_NAME = "stoneware.server.name";
    /** Installation directory. */
    public static final String HOME = "stoneware.home";

    /**
     * System property a component sets before it stops the framework (bundle 0), to end the process with another exit code than 0:
     * 2 for configuration or bind, 3 for fatal.
     */
    public static final String EXIT_CODE = "stoneware.exit.code";

    private FrameworkProperties() {}
}

package org.stoneware.launcher;

/** Version of this product, from the manifest of its jar. */
final class ProductVersion {
    private ProductVersion() {}

    static String version() {
        String version = ProductVersion.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    static String line() {
        return "Stoneware " + version() + ", Java " + Runtime.version();
    }
}

/**
 * Reads tc-config.xml: XML text to validated settings with the origin of every value.
 * <p>
 * A file travels one way: {@code TextDecoder} (bytes to text) → {@code XmlReader} (text to elements with positions) →
 * {@code SchemaCheck} (names, places, aliases) → {@code ServerReader} (typed values, defaults, derived ports) → {@code ArrayRules}
 * (what only shows with all servers in view) → {@link org.stoneware.config.TcConfig}. Problems are collected, never thrown, so one run shows
 * them all.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.config;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

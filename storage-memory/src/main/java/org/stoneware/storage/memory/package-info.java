/**
 * Sessions in bounded memory: records in a slab outside the heap, an index of primitive arrays on it. Not exported: the bundle
 * is used through the service it registers.
 */
@NullMarked
@Capability(namespace = "org.stoneware.storage", attribute = "mode=memory")
package org.stoneware.storage.memory;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Capability;

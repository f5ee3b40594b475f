/**
 * The memory of a store under one bound: records in a slab outside the heap, an index of primitive arrays on it that finds and
 * expires sessions without reading them. Shared by the storage bundles; knows nothing of a disk.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.storage.slab;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

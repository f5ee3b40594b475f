/**
 * Persistence mode {@code rocksdb}: sessions in a RocksDB database on disk, the ones in use also in memory. Written against the published
 * contract alone; {@code docs/writing-a-store.md} walks through it. Not exported: the bundle is used through the service it registers.
 */
@NullMarked
@Capability(namespace = "org.stoneware.storage", attribute = "mode=rocksdb")
package org.example.rocksdb;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Capability;

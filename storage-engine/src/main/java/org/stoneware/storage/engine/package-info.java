/**
 * A store that keeps sessions in bounded memory and in a segment log. {@link org.stoneware.storage.engine.SegmentSessionStore} is all
 * there is to use; {@link org.stoneware.storage.engine.StorePolicy} chooses whether the log is where sessions go that do not fit
 * memory, or where every change goes that must outlive the process.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.storage.engine;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

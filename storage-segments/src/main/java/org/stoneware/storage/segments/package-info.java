/**
 * The disk part of stores: an append log of checksummed records in segment files, written by a thread of its own with one force for
 * everything in flight. It knows nothing of sessions: a record is opaque content with a small fixed {@link
 * org.stoneware.storage.segments.RecordHint}. Entry point is {@link org.stoneware.storage.segments.SegmentLog}; the format is in
 * {@code docs/storage-format.md}.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.storage.segments;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

/** The program {@code store-inspect}. */
@NullMarked
package org.stoneware.storage.segments.inspect;

import org.jspecify.annotations.NullMarked;

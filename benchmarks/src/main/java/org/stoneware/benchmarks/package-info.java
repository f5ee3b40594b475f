/** Measures parts of the array beside peers and beside the limits of the machine. Never shipped. */
@NullMarked
package org.stoneware.benchmarks;

import org.jspecify.annotations.NullMarked;

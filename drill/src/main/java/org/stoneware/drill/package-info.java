/**
 * {@code bin/drill}: fails over on purpose and proves that nothing was lost. It joins the array the way the Valve does, with an
 * application of its own, so that it disturbs no session of a user; what it counts is what it was told.
 */
@NullMarked
package org.stoneware.drill;

import org.jspecify.annotations.NullMarked;

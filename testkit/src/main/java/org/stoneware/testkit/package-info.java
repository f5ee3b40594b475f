/** What tests of every part share. Contract tests of the SPIs are in the packages below. */
@NullMarked
package org.stoneware.testkit;

import org.jspecify.annotations.NullMarked;

/**
 * One voter of the configuration register: what it must not forget, how it answers, and the bytes of both. Used by the servers, by the
 * Tomcats that vote, and by the external voter; who proposes what is the business of {@code org.stoneware.election}.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.voting;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

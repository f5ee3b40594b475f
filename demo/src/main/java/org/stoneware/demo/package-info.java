/**
 * The article's cluster on one machine, started from the real programs: Stoneware servers from an unpacked distribution, Tomcats
 * from their archives, nginx or a small stand-in. The demo shows it to a person; the integration tests drive the same classes.
 * Nothing here runs inside a server or a Tomcat.
 */
@NullMarked
package org.stoneware.demo;

import org.jspecify.annotations.NullMarked;

/**
 * Sessions of the array inside Catalina: the Valve, the Manager it installs, and the Session the application sees. The only
 * package that knows Catalina, and no class of it names a servlet type, so that one binary runs on Tomcat 9, 10.1 and 11.
 */
@NullMarked
package org.stoneware.tomcat;

import org.jspecify.annotations.NullMarked;

/** What a session is to the array: its key, the stored record, the changes of one request. Values are opaque bytes here and on every server. */
@NullMarked
@Export
@Version("1.0.0")
package org.stoneware.api.session;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

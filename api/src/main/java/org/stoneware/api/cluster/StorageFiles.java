package org.stoneware.api.cluster;

import java.io.IOException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Files that storage bundles are installed from at each start, offered as a service by whoever installs them.
 * <p>
 * <b>Threading:</b> callable from any thread; may wait for the disk.
 */
@ConsumerType
public interface StorageFiles {
    /** What the location of a bundle that was installed from such a file begins with. */
    String LOCATION = "stoneware-deploy:";

    /**
     * Moves the file a bundle was installed from to where nobody looks for bundles, so that it does not come back by itself.
     *
     * @param location of the bundle, as the framework has it.
     * @return where the file lies now; empty when the bundle came from no file of this kind, or the file is gone.
     * @throws IOException when it can't be moved; it stays where it was.
     */
    String setAside(String location) throws IOException;
}

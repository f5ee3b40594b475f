package org.stoneware.api.cluster;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Knows what keeps the answering server from doing its duty; registered as an OSGi service by whoever watches something, shown in
 * {@link ClusterStatus#problems()}.
 * <p>
 * <b>Threading:</b> callable from any thread; answers from what was last found out and never waits.
 */
@ConsumerType
public interface ProblemSource {
    /** One readable line per problem; empty when all is well. */
    List<String> problems();
}

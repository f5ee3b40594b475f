package org.stoneware.tomcat;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Scopes that outlive the valve; looked after until their request is gone, or their application.
 * <p>
 * <b>Threading:</b> callable from any thread.
 */
final class DeferredScopes {
    private final Set<RequestScope> scopes = ConcurrentHashMap.newKeySet();

    /** Looks after a scope that goes on when its request has left the valve. */
    void add(RequestScope scope) {
        scopes.add(scope);
        scope.onFinish(() -> scopes.remove(scope));
    }

    /** Ends the scopes whose request has gone without closing its response. */
    void finishAbandoned(Predicate<RequestScope> candidates) {
        for (RequestScope scope : scopes) {
            if (candidates.test(scope) && scope.isAbandoned()) {
                scope.finish();
            }
        }
    }

    /** Ends all, because their application stops. */
    void stop(String application) {
        scopes.forEach(scope -> scope.stop(application));
    }

    int size() {
        return scopes.size();
    }
}

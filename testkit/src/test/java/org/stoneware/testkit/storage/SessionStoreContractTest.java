package org.stoneware.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;

/** The contract itself under test: a store that breaks a promise must not pass it. */
final class SessionStoreContractTest {
    private static StoreFault fault;

    @ParameterizedTest
    @EnumSource
    void shouldFailStoreThatBreaksOnePromise(StoreFault planted) {
        fault = planted;

        TestExecutionResult result = run(FaultyStore.class, planted.caughtBy());

        System.out.println("planted fault " + planted + " caught by " + planted.caughtBy());
        assertThat(result.getStatus()).as(planted + " in " + planted.caughtBy()).isEqualTo(Status.FAILED);
        assertThat(result.getThrowable().orElseThrow())
                .as("a promise seen broken, not a fault of the test")
                .isInstanceOfAny(AssertionError.class, IllegalStateException.class);
    }

    @ParameterizedTest
    @EnumSource
    void shouldPassStoreThatKeepsThePromise(StoreFault planted) {
        assertThat(run(CorrectStore.class, planted.caughtBy()).getStatus()).isEqualTo(Status.SUCCESSFUL);
    }

    private static TestExecutionResult run(Class<?> contractTest, String method) {
        List<TestExecutionResult> results = new ArrayList<>();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectMethod(contractTest, method))
                .build();
        LauncherFactory.create().execute(request, new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest()) {
                    results.add(result);
                }
            }
        });
        assertThat(results).as(method + " exists and ran").hasSize(1);
        return results.get(0);
    }

    /** Run by this test only: nested classes are not picked up by the build. */
    static final class FaultyStore extends SessionStoreContract {
        @Override
        protected SessionStore open(StoreContext context) {
            return fault.open(context);
        }
    }

    static final class CorrectStore extends SessionStoreContract {
        @Override
        protected SessionStore open(StoreContext context) {
            return new DelegatingSessionStore(context);
        }
    }
}

package org.stoneware.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
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
    private static PlantedStoreFault otherFault;

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
    @MethodSource("otherFaults")
    void shouldFailOtherStoreThatBreaksOnePromise(PlantedStoreFault planted) {
        otherFault = planted;

        TestExecutionResult result = run(OtherFaultyStore.class, planted.caughtBy());

        System.out.println("planted fault " + planted + " caught by " + planted.caughtBy());
        assertThat(result.getStatus()).as(planted + " in " + planted.caughtBy()).isEqualTo(Status.FAILED);
        assertThat(result.getThrowable().orElseThrow())
                .as("a promise seen broken, not a fault of the test")
                .isInstanceOfAny(AssertionError.class, IllegalStateException.class);
    }

    @Test
    void shouldHaveAFaultForEveryPromiseThatTheReferenceStoresKeep() {
        List<String> promises = methodsOf(SessionStoreContract.class)
                .map(Method::getName)
                .filter(name -> name.startsWith("should"))
                .sorted()
                .toList();

        List<String> caught = Stream.concat(
                        Stream.of(StoreFault.values()).map(StoreFault::caughtBy),
                        otherFaults().map(PlantedStoreFault::caughtBy))
                .toList();

        assertThat(promises).hasSizeGreaterThan(90);
        List<String> open = new ArrayList<>(promises);
        open.removeAll(caught);
        assertThat(open).as("promises no planted fault is caught by").isEmpty();
    }

    static Stream<PlantedStoreFault> otherFaults() {
        return Stream.of(ResidencyFault.values(), DurabilityFault.values(), EdgeFault.values())
                .flatMap(Stream::of);
    }

    @ParameterizedTest
    @EnumSource
    void shouldPassStoreThatKeepsThePromise(StoreFault planted) {
        assertThat(run(CorrectStore.class, planted.caughtBy()).getStatus()).isEqualTo(Status.SUCCESSFUL);
    }

    private static Stream<Method> methodsOf(Class<?> type) {
        List<Method> methods = new ArrayList<>();
        for (Class<?> current = type; current != Object.class; current = current.getSuperclass()) {
            methods.addAll(List.of(current.getDeclaredMethods()));
        }
        return methods.stream();
    }

    private static TestExecutionResult run(Class<?> contractTest, String method) {
        Method promise = methodsOf(contractTest)
                .filter(declared -> declared.getName().equals(method))
                .findAny()
                .orElseThrow(() -> new AssertionError(method + " is no promise of the contract"));
        List<TestExecutionResult> results = new ArrayList<>();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectMethod(contractTest, promise))
                .build();
        LauncherFactory.create().execute(request, new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest()) {
                    results.add(result);
                }
            }
        });
        assertThat(results).as(method + " ran").isNotEmpty();
        // With several seeds, one that shows the fault is enough.
        return results.stream()
                .filter(result -> result.getStatus() == Status.FAILED)
                .findFirst()
                .orElse(results.get(0));
    }

    /** Run by this test only: nested classes are not picked up by the build. */
    static final class FaultyStore extends SessionStoreContract {
        @Override
        protected SessionStore open(StoreContext context) {
            return fault.open(context);
        }

        @Override
        protected long maxWaitMs() {
            return 1500;
        }
    }

    static final class OtherFaultyStore extends SessionStoreContract {
        private final Map<Path, ReferenceDisk> disks = new HashMap<>();

        @Override
        protected SessionStore open(StoreContext context) {
            ReferenceDisk disk = disks.computeIfAbsent(context.directory(), directory -> new ReferenceDisk());
            return otherFault.open(context, disk);
        }

        @Override
        protected boolean keepsSessions() {
            return otherFault.keepsSessions();
        }

        @Override
        protected boolean holdsMoreThanMemory() {
            return otherFault.holdsMoreThanMemory();
        }

        @Override
        protected Path crash(SessionStore store, Path directory) {
            Path next = newDirectory();
            disks.put(next, disks.get(directory).afterCrash(0));
            return next;
        }

        @Override
        protected boolean failDisk(SessionStore store) {
            disks.values().forEach(ReferenceDisk::fail);
            return true;
        }

        @Override
        protected long maxWaitMs() {
            return 1500;
        }
    }

    static final class CorrectStore extends SessionStoreContract {
        @Override
        protected SessionStore open(StoreContext context) {
            return new DelegatingSessionStore(context);
        }
    }
}

package org.stoneware.itests;

import java.util.function.Supplier;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/** Adds what the processes have to say to a failure, so that the report of the test is enough to understand it. */
final class ReportOnFailure implements TestExecutionExceptionHandler, LifecycleMethodExecutionExceptionHandler {
    private final Supplier<String> report;

    ReportOnFailure(Supplier<String> report) {
        this.report = report;
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw withReport(failure);
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw withReport(failure);
    }

    @Override
    public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw withReport(failure);
    }

    private Throwable withReport(Throwable failure) {
        if (!(failure instanceof org.opentest4j.TestAbortedException)) {
            AssertionError told = new AssertionError("state at the failure:\n" + report.get());
            told.setStackTrace(new StackTraceElement[0]);
            failure.addSuppressed(told);
        }
        return failure;
    }
}

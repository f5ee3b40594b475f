package org.stoneware.client;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.stoneware.client", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule SHOULD_LEAVE_CLOCK_AND_THREADS_TO_THE_OUTERMOST_CLASS = noClasses()
            .that()
            .haveNameNotMatching(".*\\.(AgentSessionClient.*|SessionClients|PendingRequest)")
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.lang.Thread")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.security.SecureRandom")
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage("java.nio.channels..", "java.nio.file..", "java.util.concurrent.locks..");

    @ArchTest
    static final ArchRule SHOULD_LEAVE_CODECS_TO_THE_WIRE_MODULE =
            noClasses().should().dependOnClassesThat().resideInAPackage("org.stoneware.wire..codec..");
}

package org.stoneware.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.stoneware.server", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule SHOULD_HAVE_NO_CLOCK_THREAD_RANDOM_FILE_OR_SOCKET_IN_THE_CORE = noClasses()
            .that()
            .resideOutsideOfPackage("org.stoneware.server.agent")
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.lang.Thread")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.util.Random")
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage("java.nio.channels..", "java.nio.file..", "java.util.concurrent.locks..");

    @ArchTest
    static final ArchRule SHOULD_LEAVE_CODECS_TO_THE_WIRE_MODULE =
            noClasses().should().dependOnClassesThat().resideInAPackage("org.stoneware.wire..codec..");

    @ArchTest
    static final ArchRule SHOULD_KEEP_REPLICATED_STATE_FREE_OF_REQUESTS = noClasses()
            .that()
            .resideInAPackage("org.stoneware.server.session..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.stoneware.server.request..", "org.stoneware.server.agent..");
}

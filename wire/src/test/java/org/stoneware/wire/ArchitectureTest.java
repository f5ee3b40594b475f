package org.stoneware.wire;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.stoneware.wire", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule SHOULD_HAVE_NO_CLOCK_THREAD_RANDOM_OR_SOCKET = noClasses()
            .that()
            .resideOutsideOfPackage("..codec..")
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
            .resideInAnyPackage("java.nio.channels..", "java.nio.file..", "java.util.concurrent..");

    @ArchTest
    static final ArchRule SHOULD_NOT_LET_SESSION_MESSAGES_KNOW_THE_LOG = noClasses()
            .that()
            .resideInAPackage("org.stoneware.wire.session..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.stoneware.wire.log..");
}

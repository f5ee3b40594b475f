package org.stoneware.wire.liveness;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.stoneware.wire.liveness", importOptions = ImportOption.DoNotIncludeTests.class)
class LivenessArchitectureTest {
    @ArchTest
    static final ArchRule SHOULD_KEEP_GENERATED_CODECS_TO_ITSELF = classes()
            .that()
            .resideInAPackage("..liveness.codec")
            .should()
            .onlyBeAccessed()
            .byAnyPackage("org.stoneware.wire.liveness..");

    @ArchTest
    static final ArchRule SHOULD_HAVE_NO_CLOCK_THREAD_OR_SOCKET = noClasses()
            .that()
            .resideInAPackage("org.stoneware.wire.liveness")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.lang.Thread")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .resideInAPackage("java.nio.channels..");
}

package org.stoneware.liveness;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.stoneware.liveness", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule SHOULD_DEPEND_ON_API_AND_WIRE_ONLY = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "javax.crypto..",
                    "org.agrona..",
                    "org.jspecify..",
                    "org.osgi.annotation..",
                    "org.osgi.service.component.annotations..",
                    "org.stoneware.api..",
                    "org.stoneware.spi.liveness..",
                    "org.stoneware.wire.liveness",
                    "org.stoneware.liveness..");

    @ArchTest
    static final ArchRule SHOULD_NEED_OSGI_IN_COMPONENT_ONLY = noClasses()
            .that()
            .doNotHaveSimpleName("LivenessComponent")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.osgi.service..");

    @ArchTest
    static final ArchRule SHOULD_KEEP_TIMES_PURE = noClasses()
            .that()
            .haveSimpleName("LinkTimer")
            .or()
            .haveSimpleName("RunningTime")
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis");
}

package org.stoneware.drill;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.stoneware.drill", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule JOINS_THE_ARRAY_AS_A_TOMCAT_DOES = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "org.agrona..",
                    "org.jspecify..",
                    "com.fasterxml.jackson.core..",
                    "org.stoneware.api..",
                    "org.stoneware.spi..",
                    "org.stoneware.config..",
                    "org.stoneware.client..",
                    "org.stoneware.liveness..",
                    "org.stoneware.transport.aeron..",
                    "org.stoneware.drill..");

    @ArchTest
    static final ArchRule ONLY_MAIN_CHOOSES_LIVENESS_AND_TRANSPORT = noClasses()
            .that()
            .doNotHaveSimpleName("Drill")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.stoneware.liveness..", "org.stoneware.transport..", "org.stoneware.config..");
}

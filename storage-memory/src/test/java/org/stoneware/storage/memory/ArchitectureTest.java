package org.stoneware.storage.memory;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.stoneware.storage.memory", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
    @ArchTest
    static final ArchRule KNOWS_ONLY_THE_API = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "org.agrona..",
                    "org.stoneware.api.session",
                    "org.stoneware.spi.storage",
                    "org.stoneware.storage.memory",
                    "org.stoneware.storage.slab",
                    "org.osgi.annotation.bundle",
                    "org.osgi.service.component.annotations",
                    "org.jspecify.annotations");

    @ArchTest
    static final ArchRule READS_NO_CLOCK_AND_NO_CHANCE = noClasses()
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.util.Random")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.lang.Thread")
            .orShould()
            .dependOnClassesThat()
            .resideInAPackage("java.time..");
}

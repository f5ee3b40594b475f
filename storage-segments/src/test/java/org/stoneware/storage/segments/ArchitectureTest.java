package org.stoneware.storage.segments;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.stoneware.storage.segments", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
    @ArchTest
    static final ArchRule KNOWS_NOTHING_OF_SESSIONS = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "org.agrona..",
                    "org.stoneware.storage.segments..",
                    "org.osgi.annotation..",
                    "org.jspecify.annotations");

    /** Threads, files and clocks are for the classes below; all others are told. */
    @ArchTest
    static final ArchRule ONLY_THE_FILE_LAYER_OPENS_FILES = noClasses()
            .that()
            .doNotHaveSimpleName("RealSegmentFiles")
            .and()
            .haveSimpleNameNotEndingWith("RealFile")
            .and()
            .resideOutsideOfPackage("..inspect")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.nio.channels", "java.nio.file");
}

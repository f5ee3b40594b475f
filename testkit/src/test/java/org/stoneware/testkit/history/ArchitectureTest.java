package org.stoneware.testkit.history;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.stoneware.testkit.history", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    /** So that whatever produces histories may use it: simulation, processes, a load driver. */
    @ArchTest
    static final ArchRule DEPENDS_ON_NOTHING_OF_THE_ARRAY = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("org.stoneware.testkit.history..", "org.jspecify..", "org.osgi..", "java..");

    /** Time is passed in, and the same history always gets the same verdict. */
    @ArchTest
    static final ArchRule HAS_NO_CLOCK_THREAD_OR_CHANCE = noClasses()
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(System.class, Thread.class, java.util.Random.class, java.time.Clock.class);
}

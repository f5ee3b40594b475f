package org.stoneware.simulation;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Random;

/** A seed says everything: nothing of the simulation may look at a clock, start a thread, or ask for chance that no seed decides. */
@AnalyzeClasses(packages = "org.stoneware.simulation", importOptions = ImportOption.OnlyIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule SHOULD_HAVE_NO_CLOCK_AND_NO_THREAD = noClasses()
            .that()
            // They measure how long a search took, and read what is written of it.
            .haveNameNotMatching(".*Test|.*FaultSearch")
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .haveNameMatching("java\\.lang\\.Thread|java\\.nio\\.file\\.Files")
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage("java.time..", "java.nio.channels..");

    @ArchTest
    static final ArchRule SHOULD_LEAVE_ALL_CHANCE_TO_THE_SEED = noClasses()
            .should()
            .callConstructor(Random.class)
            .orShould()
            .callMethod(Math.class, "random")
            .orShould()
            .dependOnClassesThat()
            .haveNameMatching("java\\.security\\.SecureRandom|java\\.util\\.concurrent\\.ThreadLocalRandom");
}

package org.stoneware.election;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.stoneware.election", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule SHOULD_DEPEND_ON_NOTHING_BUT_THE_CONTRACTS = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "org.agrona..",
                    "org.stoneware.api..",
                    "org.stoneware.spi.election..",
                    "org.stoneware.voting..",
                    "org.stoneware.election..",
                    "org.osgi..",
                    "org.jspecify..");

    @ArchTest
    static final ArchRule SHOULD_HAVE_NO_FILE_OUTSIDE_THE_ELECTION_FILE = noClasses()
            .that()
            .doNotHaveSimpleName("ElectionFile")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.nio.channels..", "java.io..", "java.net..")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.nio.file.Files");

    @ArchTest
    static final ArchRule SHOULD_HAVE_NO_CHANCE_OUTSIDE_THE_COMPONENT = noClasses()
            .that()
            .haveSimpleNameNotEndingWith("Provider")
            .should()
            .dependOnClassesThat()
            .haveNameMatching("java\\.(util|security)\\..*Random.*");

    @ArchTest
    static final ArchRule SHOULD_HAVE_NO_CLOCK_AND_NO_THREAD = noClasses()
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.lang.Thread")
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage("java.time..");
}

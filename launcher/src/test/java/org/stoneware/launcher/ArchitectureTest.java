package org.stoneware.launcher;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.stoneware.launcher", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule ONLY_CONFIG_AND_API_OF_STONEWARE = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "org.osgi.framework..",
                    "org.apache.felix.framework..",
                    "com.fasterxml.jackson.core..",
                    "javax.xml..",
                    "org.xml.sax..",
                    "org.jspecify..",
                    "javax.xml.parsers..",
                    "org.xml.sax..",
                    "org.stoneware.api..",
                    "org.stoneware.config..",
                    "org.agrona..",
                    "org.stoneware.spi..",
                    "org.stoneware.liveness..",
                    "org.stoneware.voting..",
                    "org.stoneware.shell.client..",
                    "org.stoneware.launcher..");

    /** All other programs run on the jars in lib/ alone. */
    @ArchTest
    static final ArchRule ONLY_THE_VOTER_NEEDS_BUNDLES_ON_ITS_CLASS_PATH = noClasses()
            .that()
            .haveSimpleNameNotContaining("Voter")
            .and()
            .haveSimpleNameNotContaining("ServerLink")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.agrona..", "org.stoneware.spi..", "org.stoneware.liveness..", "org.stoneware.voting..");

    @ArchTest
    static final ArchRule ONLY_THE_SERVER_PROCESS_KNOWS_FELIX = noClasses()
            .that()
            .doNotHaveSimpleName("ServerProcess")
            .and()
            .doNotHaveSimpleName("FelixLog")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.osgi..", "org.apache.felix..");
}

package org.stoneware.api;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
        packages = {"org.stoneware.api", "org.stoneware.spi"},
        importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    /** Whoever writes a plug-in gets nothing else with it. */
    @ArchTest
    static final ArchRule SHOULD_DEPEND_ON_NOTHING_BUT_AGRONA = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "javax.crypto..",
                    "org.agrona..",
                    "org.jspecify..",
                    "org.osgi.annotation..",
                    "org.stoneware.api..",
                    "org.stoneware.spi..");

    @ArchTest
    static final ArchRule SHOULD_HAVE_SESSIONS_THAT_KNOW_NO_FILE_NETWORK_OR_CONTRACT = noClasses()
            .that()
            .resideInAPackage("org.stoneware.api.session..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "java.io..",
                    "java.net..",
                    "java.nio.file..",
                    "java.nio.channels..",
                    "org.stoneware.api.config..",
                    "org.stoneware.api.cluster..",
                    "org.stoneware.spi..");

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
            .resideInAPackage("java.nio.channels..");
}

package org.stoneware.config;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.stoneware.config", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule ONLY_THE_API_OF_STONEWARE = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    // How much memory there is.
                    "com.sun.management",
                    "javax.xml.stream..",
                    "org.osgi..",
                    "org.jspecify..",
                    "org.stoneware.api..",
                    "org.stoneware.spi.storage",
                    "org.stoneware.config..");

    @ArchTest
    static final ArchRule THE_PARSER_KNOWS_NO_OSGI = noClasses()
            .that()
            .resideInAPackage("org.stoneware.config")
            .and()
            .doNotHaveSimpleName("TcConfigInstaller")
            .and()
            .doNotHaveSimpleName("BundleOffers")
            .and()
            .doNotHaveSimpleName("StorageConfigurations")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.osgi.framework..", "org.osgi.service..");

    @ArchTest
    static final ArchRule ONLY_THE_ENVIRONMENT_ASKS_THE_MACHINE = noClasses()
            .that()
            .resideInAPackage("org.stoneware.config")
            .and()
            .doNotHaveSimpleName("SystemHostEnvironment")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("java.net..");
}

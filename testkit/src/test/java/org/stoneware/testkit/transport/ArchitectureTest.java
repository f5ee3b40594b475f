package org.stoneware.testkit.transport;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.stoneware.testkit.transport", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule DEPENDS_ON_THE_TRANSPORT_CONTRACT_ONLY = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "org.stoneware.testkit.transport..",
                    "org.stoneware.spi.transport..",
                    "org.agrona..",
                    "org.junit.jupiter..",
                    "org.assertj..",
                    "org.jspecify..",
                    "org.osgi..",
                    "java..");
}

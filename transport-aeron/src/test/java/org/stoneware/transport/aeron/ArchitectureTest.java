package org.stoneware.transport.aeron;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.stoneware", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule DEPENDS_ON_THE_TRANSPORT_CONTRACT_AND_AERON_ONLY = classes()
            .that()
            .resideInAPackage("org.stoneware.transport.aeron..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "org.stoneware.transport.aeron..",
                    "org.stoneware.spi.transport..",
                    "io.aeron..",
                    "org.agrona..",
                    "org.jspecify..",
                    "org.osgi..",
                    "java..");

    /** One yield beside a busy neighbour costs a whole time slice (ADR 0020). */
    @ArchTest
    static final ArchRule NEVER_SPINS_YIELDS_OR_SLEEPS = noClasses()
            .that()
            .resideInAPackage("org.stoneware.transport.aeron..")
            .should()
            .callMethod(Thread.class, "yield")
            .orShould()
            .callMethod(Thread.class, "onSpinWait")
            .orShould()
            .callMethod(Thread.class, "sleep", long.class);

    @ArchTest
    static final ArchRule STARTS_NO_THREAD = noClasses()
            .that()
            .resideInAPackage("org.stoneware.transport.aeron..")
            .should()
            .callConstructor(Thread.class, Runnable.class)
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.util.concurrent.Executors");
}

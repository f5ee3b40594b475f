package org.stoneware.tomcat;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
        packages = {"org.stoneware.tomcat", "org.terracotta.session"},
        importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule onlyArrayConnectionKnowsTransports = noClasses()
            .that()
            .doNotHaveSimpleName("ArrayConnection")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.stoneware.transport..", "org.stoneware.liveness..", "org.stoneware.spi..", "io.aeron..");

    @ArchTest
    static final ArchRule theServerIsFarAway = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.stoneware.server..", "org.stoneware.wire..", "org.stoneware.config..", "org.osgi..");

    /** The valve and what it starts with must work before the JDK is open for Agrona. */
    @ArchTest
    static final ArchRule agronaWaitsUntilTheJdkIsOpen = noClasses()
            .that()
            .haveSimpleName("SessionValve")
            .or()
            .haveSimpleName("JdkInternals")
            .or()
            .haveSimpleName("ArrayConnection")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.agrona..");

    @ArchTest
    static final ArchRule onlyWhatCatalinaMustSeeIsPublic = classes()
            .that()
            .areTopLevelClasses()
            .and()
            .areNotAnnotatedWith(Deprecated.class)
            .and()
            .arePublic()
            .should()
            .haveNameMatching(".*\\.(SessionValve|SessionManager|TerracottaTomcat[67]0xSessionValve)");
}

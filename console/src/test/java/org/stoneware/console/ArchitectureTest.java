package org.stoneware.console;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.stoneware.console", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule HTTP_STAYS_AT_THE_DOOR = noClasses()
            .that()
            .doNotHaveSimpleName("ManagementPort")
            .and()
            .doNotHaveSimpleName("ExchangeHandler")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.sun.net.httpserver..");

    @ArchTest
    static final ArchRule FRAMEWORK_STAYS_IN_THE_COMPONENT = noClasses()
            .that()
            .doNotHaveSimpleName("ConsoleServer")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.osgi.framework..");

    @ArchTest
    static final ArchRule JSON_IS_WRITTEN_IN_ONE_PLACE = noClasses()
            .that()
            .haveNameNotMatching(".*\\.(ClusterJson|SessionsJson|JsonDocument)(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.fasterxml..");

    @ArchTest
    static final ArchRule RMI_STAYS_AT_THE_JMX_PORT = noClasses()
            .that()
            .haveNameNotMatching(".*\\.(JmxPort|JmxDoor|JmxLogIn|BoundSockets)(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.rmi..", "javax.management.remote.rmi..");

    @ArchTest
    static final ArchRule METRICS_ARE_WRITTEN_IN_ONE_PLACE = noClasses()
            .that()
            .haveNameNotMatching(".*\\.(ClusterMetrics|MetricFamilies|CounterCatalog|HistogramCatalog)(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.prometheus..");

    @ArchTest
    static final ArchRule ONLY_THE_API_OF_STONEWARE = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "org.stoneware.console",
                    "org.stoneware.api.cluster",
                    "org.stoneware.api.config",
                    "org.stoneware.api.session",
                    "org.osgi.framework..",
                    "org.osgi.service.component..",
                    "org.jspecify..",
                    "com.sun.net.httpserver..",
                    "com.fasterxml.jackson.core..",
                    "io.prometheus.metrics..",
                    "javax.management..",
                    "javax.security.auth..",
                    "java.rmi..",
                    "java..");
}

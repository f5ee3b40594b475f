package org.stoneware.shell;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.stoneware.shell", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule SHOULD_KNOW_NO_SIBLING = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.stoneware.server..",
                    "org.stoneware.console..",
                    "org.stoneware.config..",
                    "org.stoneware.wire..",
                    "org.stoneware.launcher..");

    @ArchTest
    static final ArchRule SHOULD_START_IN_A_SERVER_WITHOUT_LINE_EDITING = noClasses()
            .that()
            .resideOutsideOfPackage("org.stoneware.shell.client..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.jline..", "org.stoneware.shell.client..");

    @ArchTest
    static final ArchRule SHOULD_NOT_NEED_FELIX_ON_THE_CLIENT_SIDE = noClasses()
            .that()
            .resideInAnyPackage("org.stoneware.shell.client..", "org.stoneware.shell.link..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.felix..", "org.osgi.framework..", "org.stoneware.shell.command..");

    @ArchTest
    static final ArchRule SHOULD_NOT_LISTEN_ON_THE_NETWORK = noClasses()
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.net.InetSocketAddress")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.net.ServerSocket");
}

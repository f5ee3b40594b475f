package org.stoneware.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.Substitution;

/** Reads a tc-config: text in, {@link TcConfig} with every problem and the origin of every value out. */
public final class TcConfigParser {
    private static final int DEFAULT_CLIENT_PORT = 9510;
    private static final int DEFAULT_CLIENT_PORT_V10 = 9410;

    /** Names that version 10 no longer has; one of them shows that a qualified file is an older one all the same. */
    private static final Set<String> NAMES_BEFORE_V10 =
            Set.of("dso-port", "jmx-port", "l2-group-port", "dso", "ha", "mirror-groups", "data", "management-port");

    private final HostEnvironment environment;

    public TcConfigParser(HostEnvironment environment) {
        this.environment = environment;
    }

    /** Text of the file's bytes, or null when they are not text; then {@code problems} gains the reason. */
    public static @Nullable String decode(byte[] bytes, List<Problem> problems) {
        Problems found = new Problems();
        String text = TextDecoder.decode(bytes, found);
        problems.addAll(found.all());
        return text;
    }

    /** Never throws for anything the text may hold; look at {@link TcConfig#isValid()}. */
    public TcConfig parse(ConfigText text) {
        Problems problems = new Problems();
        ConfigElement root = XmlReader.read(text.text(), problems);
        SchemaCheck schema = new SchemaCheck(problems);
        if (root == null || !schema.check(root)) {
            return new TcConfig(text, problems.all(), List.of(), null, environment);
        }
        ValueReader values = new ValueReader(
                problems,
                new Substitution(environment),
                text.baseDirectory().toAbsolutePath().normalize());
        ConfigElement serversElement = root.child("servers");
        ServerReader reader = new ServerReader(
                problems,
                values,
                serversElement,
                environment,
                defaultClientPort(root, schema, problems),
                !schema.hasAliases());
        List<ServerEntry> servers = new ArrayList<>();
        for (ConfigElement element : serverElements(serversElement)) {
            servers.add(reader.read(element));
        }
        if (servers.isEmpty()) {
            problems.notice(
                    serversElement == null ? root.position() : serversElement.position(),
                    "servers",
                    "no <server>: one server with all defaults is assumed",
                    "");
            servers.add(reader.read(null));
        }
        ArrayEntry array = new ArrayReader(problems, values, environment).read(root);
        new ArrayRules(problems, servers, new BindRule(servers, environment)).check(array, serversElement);
        return new TcConfig(text, problems.all(), servers, array, environment);
    }

    private static List<ConfigElement> serverElements(@Nullable ConfigElement servers) {
        List<ConfigElement> found = new ArrayList<>();
        if (servers != null) {
            found.addAll(servers.children("server"));
            for (ConfigElement group : servers.children("mirror-group")) {
                found.addAll(group.children("server"));
            }
        }
        found.sort((left, right) -> left.position().line() != right.position().line()
                ? Integer.compare(left.position().line(), right.position().line())
                : Integer.compare(left.position().column(), right.position().column()));
        return found;
    }

    private static int defaultClientPort(ConfigElement root, SchemaCheck schema, Problems problems) {
        boolean isShapedLikeV10 = schema.hasQualifiedChildren()
                || root.child("plugins") != null
                || root.child("failover-priority") != null;
        if (!isShapedLikeV10 || hasAny(root, NAMES_BEFORE_V10)) {
            return DEFAULT_CLIENT_PORT;
        }
        problems.notice(
                root.position(),
                "",
                "the file has the shape of version 10, so the default of tsa-port is " + DEFAULT_CLIENT_PORT_V10
                        + ", not " + DEFAULT_CLIENT_PORT,
                "write the ports to be sure");
        return DEFAULT_CLIENT_PORT_V10;
    }

    private static boolean hasAny(ConfigElement element, Set<String> names) {
        return names.contains(element.name()) || element.children().stream().anyMatch(child -> hasAny(child, names));
    }
}

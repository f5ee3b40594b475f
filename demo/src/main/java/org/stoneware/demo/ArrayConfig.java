package org.stoneware.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A tc-config.xml for servers on this machine.
 *
 * @param directory where it was written, and below which all data and logs go.
 * @param servers   what it says, in file order.
 */
public record ArrayConfig(Path directory, List<Member> servers) {
    public ArrayConfig {
        servers = List.copyOf(servers);
    }

    /**
     * One configured server.
     *
     * @param name           name.
     * @param host           loopback address.
     * @param clientPort     dso-port; the others follow as the configuration derives them.
     */
    public record Member(String name, String host, int clientPort) {
        public int managementPort() {
            return clientPort + 30;
        }

        public String management() {
            return "http://" + host + ":" + managementPort();
        }
    }

    public Path file() {
        return directory.resolve("tc-config.xml");
    }

    /** What a Valve needs: {@code host:port,host:port}. */
    public String tcConfigUrl() {
        return String.join(
                ",", servers.stream().map(s -> s.host() + ":" + s.clientPort()).toList());
    }

    public Member server(String name) {
        return servers.stream()
                .filter(s -> s.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such server: " + name));
    }

    /** Writes the file, with all data and logs below {@code directory}. */
    public static ArrayConfig write(Path directory, List<Member> servers) throws IOException {
        return write(directory, servers, "");
    }

    /**
     * Writes the file with a failover-priority.
     *
     * @param failoverPriority the element's content, such as {@code <availability/>}; empty to leave the element out.
     */
    public static ArrayConfig write(Path directory, List<Member> servers, String failoverPriority) throws IOException {
        return write(directory, servers, failoverPriority, "temporary-swap-only");
    }

    /**
     * Writes the file for a persistence mode.
     *
     * @param failoverPriority the element's content; empty to leave the element out.
     */
    public static ArrayConfig write(
            Path directory, List<Member> servers, String failoverPriority, String persistenceMode) throws IOException {
        StringBuilder text = new StringBuilder(
                """
                <?xml version="1.0" encoding="UTF-8"?>
                <tc:tc-config xmlns:tc="http://www.terracotta.org/config">
                  <servers>
                """);
        for (Member server : servers) {
            text.append(
                    """
                        <server host="%s" name="%s">
                          <data>server-data</data>
                          <logs>server-logs</logs>
                          <dso-port>%d</dso-port>
                          <dso>
                            <persistence><mode>%s</mode></persistence>
                          </dso>
                        </server>
                    """
                            .formatted(server.host(), server.name(), server.clientPort(), persistenceMode));
        }
        text.append(
                """
                    <ha>
                      <mode>networked-active-passive</mode>
                      <networked-active-passive><election-time>5</election-time></networked-active-passive>
                    </ha>%s
                  </servers>
                  <clients><logs>client-logs</logs></clients>
                </tc:tc-config>
                """
                        .formatted(
                                failoverPriority.isEmpty()
                                        ? ""
                                        : "\n    <failover-priority>" + failoverPriority + "</failover-priority>"));
        ArrayConfig config = new ArrayConfig(directory.toAbsolutePath(), servers);
        Files.writeString(config.file(), text);
        return config;
    }

    /** Adds a tc-property to the file, for servers that are started afterwards. */
    public ArrayConfig withProperty(String name, String value) throws IOException {
        String text = Files.readString(file());
        String properties = "  <tc-properties><property name=\"%s\" value=\"%s\"/></tc-properties>\n  <servers>"
                .formatted(name, value);
        Files.writeString(file(), text.replaceFirst(" *<servers>", properties));
        return this;
    }

    /** Makes the file's configuration-model {@code production}, for servers that are started afterwards. */
    public ArrayConfig withProductionModel() throws IOException {
        String text = Files.readString(file());
        String system = "  <system><configuration-model>production</configuration-model></system>\n  <servers>";
        Files.writeString(file(), text.replaceFirst(" *<servers>", system));
        return this;
    }
}

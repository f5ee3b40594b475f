package org.stoneware.itests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * Hosts that are network namespaces on one bridge, and faults between them made by the firewall of each. The test itself is on the bridge,
 * too, and sees all of them whatever is cut.
 *
 * <pre>
 *  Server1 .1   Server2 .2   A .3   B .4     in 198.18.N.0/24, a range kept for tests of networks
 *      └───────────┴──bridge──┴──────┘
 *                      └ this machine .254
 * </pre>
 *
 * <b>Ownership:</b> {@link #close()} removes namespaces and bridge; programs inside must have ended.
 */
final class NetworkLab implements Hosts, AutoCloseable {
    private static final List<String> TOOLS = List.of("ip", "nft", "tc");

    private final String prefix;
    private final String network;
    private final List<String> names;
    private final Set<String> slowed = new HashSet<>();

    private NetworkLab(String prefix, String network, List<String> names) {
        this.prefix = prefix;
        this.network = network;
        this.names = names;
    }

    /** Why there can be no namespaces here; empty when there can. */
    static Optional<String> whyNot() {
        if (!"root".equals(System.getProperty("user.name"))) {
            return Optional.of("network namespaces need root");
        }
        String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin";
        for (String tool : TOOLS) {
            if (Stream.of(path.split(":")).noneMatch(directory -> Files.isExecutable(Path.of(directory, tool)))) {
                return Optional.of(tool + " is not installed (apt-get install iproute2 nftables)");
            }
        }
        String probe = "stwprobe" + ProcessHandle.current().pid();
        try {
            run("ip", "netns", "add", probe);
            run("ip", "netns", "del", probe);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("no network namespaces here: " + e.getMessage());
        }
    }

    static NetworkLab create(String... names) throws IOException {
        int number = ThreadLocalRandom.current().nextInt(1, 250);
        NetworkLab lab = new NetworkLab("stw" + number, "198.18." + number + ".", List.of(names));
        try {
            lab.build();
        } catch (IOException e) {
            lab.close();
            throw e;
        }
        return lab;
    }

    private void build() throws IOException {
        String bridge = prefix + "br";
        run("ip", "link", "add", bridge, "type", "bridge");
        run("ip", "addr", "add", network + "254/24", "dev", bridge);
        run("ip", "link", "set", bridge, "up");
        for (String name : names) {
            String space = space(name);
            String outside = outside(name);
            run("ip", "netns", "add", space);
            run("ip", "link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", space);
            run("ip", "link", "set", outside, "master", bridge, "up");
            run("ip", "-n", space, "addr", "add", address(name) + "/24", "dev", "eth0");
            run("ip", "-n", space, "link", "set", "eth0", "up");
            run("ip", "-n", space, "link", "set", "lo", "up");
            nft(name, "add", "table", "inet", "faults");
            nft(name, "add chain inet faults in { type filter hook input priority 0; }");
            nft(name, "add chain inet faults out { type filter hook output priority 0; }");
        }
    }

    @Override
    public String address(String name) {
        int position = names.indexOf(name);
        if (position < 0) {
            throw new IllegalArgumentException("no such host: " + name);
        }
        return network + (position + 1);
    }

    @Override
    public List<String> inside(String name) {
        return List.of("ip", "netns", "exec", space(name));
    }

    /** The bridge's end of a host's cable. */
    private String outside(String name) {
        return prefix + "v" + names.indexOf(name);
    }

    private String space(String name) {
        return prefix + "-" + name;
    }

    /** Lets nothing through between two hosts. */
    void cut(String one, String other) throws IOException {
        cutOneWay(one, other);
        cutOneWay(other, one);
    }

    /** Nothing that {@code from} sends reaches {@code to}; the other way is open. */
    void cutOneWay(String from, String to) throws IOException {
        nft(to, "add rule inet faults in ip saddr " + address(from) + " drop");
    }

    /** Breaks every TCP connection between two hosts and refuses new ones, as a firewall does that has been told to. */
    void reset(String one, String other) throws IOException {
        for (String host : List.of(one, other)) {
            String peer = address(host.equals(one) ? other : one);
            nft(host, "add rule inet faults in ip saddr " + peer + " meta l4proto tcp reject with tcp reset");
            nft(host, "add rule inet faults out ip daddr " + peer + " meta l4proto tcp reject with tcp reset");
        }
    }

    /** Of what reaches any host from any other, so many in a hundred packets get lost. */
    void lose(int percent) throws IOException {
        for (String host : names) {
            for (String from : names) {
                if (!from.equals(host)) {
                    nft(
                            host,
                            "add rule inet faults in ip saddr " + address(from) + " numgen random mod 100 < " + percent
                                    + " drop");
                }
            }
        }
    }

    /** What anybody sends to a host gets there no faster than this; what does not fit is late, and then lost. */
    void slow(String host, int kbitPerSec) throws IOException {
        slowed.add(host);
        String rate = kbitPerSec + "kbit";
        run(
                "tc",
                "qdisc",
                "replace",
                "dev",
                outside(host),
                "root",
                "tbf",
                "rate",
                rate,
                "burst",
                "16kb",
                "latency",
                "400ms");
    }

    /** Ends every fault. */
    void heal() throws IOException {
        for (String host : slowed) {
            run("tc", "qdisc", "del", "dev", outside(host), "root");
        }
        slowed.clear();
        for (String host : names) {
            nft(host, "flush chain inet faults in");
            nft(host, "flush chain inet faults out");
        }
    }

    private void nft(String host, String... words) throws IOException {
        List<String> command = new ArrayList<>(inside(host));
        command.add("nft");
        command.addAll(List.of(words));
        run(command.toArray(new String[0]));
    }

    private static void run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String output = String.join(" ", said.lines().toList());
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + ": " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted in " + String.join(" ", command), e);
        }
    }

    @Override
    public void close() throws IOException {
        IOException first = null;
        List<String[]> removals = new ArrayList<>();
        names.forEach(name -> removals.add(new String[] {"ip", "netns", "del", space(name)}));
        removals.add(new String[] {"ip", "link", "del", prefix + "br"});
        for (String[] removal : removals) {
            try {
                run(removal);
            } catch (IOException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }
}

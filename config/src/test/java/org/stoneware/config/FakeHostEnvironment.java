package org.stoneware.config;

import java.util.HashMap;
import java.util.Map;

/** A machine with the addresses 127.* and 192.168.1.88; it knows 192.168.1.102 and "peer.example" as another one. */
final class FakeHostEnvironment implements HostEnvironment {
    private final Map<String, String> properties = new HashMap<>(Map.of("user.home", "/home/tc", "user.name", "tc"));
    private final Map<String, HostFacts> facts = new HashMap<>();
    private String hostAddress = "192.168.1.88";

    FakeHostEnvironment() {
        host("127.0.0.1", "127.0.0.1");
        host("127.0.0.2", "127.0.0.2");
        host("localhost", "127.0.0.1");
        host("0.0.0.0", "0.0.0.0");
        host("::1", "0:0:0:0:0:0:0:1");
        host("192.168.1.88", "192.168.1.88");
        host("me.example", "192.168.1.88");
        host("192.168.1.102", "192.168.1.102");
        host("peer.example", "192.168.1.102");
    }

    FakeHostEnvironment host(String name, String address) {
        boolean isLoopback = address.startsWith("127.") || address.equals("0:0:0:0:0:0:0:1");
        boolean isWildcard = address.equals("0.0.0.0");
        boolean isLocal = isLoopback || isWildcard || address.equals("192.168.1.88");
        facts.put(name, new HostFacts(address, isLoopback, isLocal, isWildcard));
        return this;
    }

    FakeHostEnvironment property(String name, String value) {
        properties.put(name, value);
        return this;
    }

    FakeHostEnvironment hostAddress(String address) {
        hostAddress = address;
        return this;
    }

    @Override
    public String property(String name) {
        return properties.get(name);
    }

    @Override
    public String hostName() {
        return "me";
    }

    @Override
    public String canonicalHostName() {
        return "me.example";
    }

    @Override
    public String hostAddress() {
        return hostAddress;
    }

    @Override
    public String freshTemporaryDirectory() {
        return "/tmp/fresh";
    }

    @Override
    public String startTimestamp() {
        return "20261122160000000";
    }

    @Override
    public HostFacts facts(String host) {
        return facts.getOrDefault(host, HostFacts.UNKNOWN);
    }
}

package org.stoneware.itests;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Where the programs of a test run. */
interface Hosts {
    /** The address a program of this name listens on. */
    String address(String name);

    /** A program, with its arguments, through which one of this name is started there; empty when none is needed. */
    List<String> inside(String name);

    /** All on this machine: these names on loopback addresses of their own, everything else on 127.0.0.1. */
    static Hosts loopback(String... names) {
        List<String> free = Layout.loopbackAddresses(names.length);
        Map<String, String> addresses = new HashMap<>();
        for (int i = 0; i < names.length; i++) {
            addresses.put(names[i], free.get(i));
        }
        return new Hosts() {
            @Override
            public String address(String name) {
                return addresses.getOrDefault(name, "127.0.0.1");
            }

            @Override
            public List<String> inside(String name) {
                return List.of();
            }
        };
    }
}

package org.stoneware.config;

import java.util.Set;
import java.util.TreeSet;
import org.osgi.framework.Bundle;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRevision;

/** What the installed bundles say they offer, by the capabilities in their manifests; no bundle needs to be started for this. */
final class BundleOffers {
    /** {@code Provide-Capability: org.stoneware.storage;mode="memory"}. */
    static final String STORAGE = "org.stoneware.storage";

    static final String STORAGE_MODE = "mode";
    /** {@code Provide-Capability: org.stoneware.transport;name="aeron"}. */
    static final String TRANSPORT = "org.stoneware.transport";

    static final String TRANSPORT_NAME = "name";
    /** {@code Provide-Capability: org.stoneware.election;policy="appointed"}. */
    static final String ELECTION = "org.stoneware.election";

    static final String ELECTION_POLICY = "policy";

    private BundleOffers() {}

    /** Values of {@code attribute} in all capabilities of {@code namespace}, sorted. */
    static Set<String> of(Bundle[] bundles, String namespace, String attribute) {
        Set<String> offers = new TreeSet<>();
        for (Bundle bundle : bundles) {
            BundleRevision revision = bundle.adapt(BundleRevision.class);
            if (revision == null) {
                continue;
            }
            for (BundleCapability capability : revision.getDeclaredCapabilities(namespace)) {
                Object value = capability.getAttributes().get(attribute);
                if (value != null) {
                    offers.add(value.toString());
                }
            }
        }
        return offers;
    }
}

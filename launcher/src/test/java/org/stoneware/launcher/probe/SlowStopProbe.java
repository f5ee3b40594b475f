package org.stoneware.launcher.probe;

import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** Goes on stopping until the JVM has begun to end by itself, as one does whose standby takes a while to take over. */
public final class SlowStopProbe implements BundleActivator {
    @Override
    public void start(BundleContext context) {
        System.out.println("probe: started");
    }

    @Override
    public void stop(BundleContext context) throws InterruptedException {
        System.out.println("probe: stopping");
        while (!isJvmEnding()) {
            Thread.sleep(10); // nobody tells a bundle
        }
        System.out.println("probe: stopped");
    }

    private static boolean isJvmEnding() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(each -> each.getName().equals("stoneware-shutdown"));
    }
}

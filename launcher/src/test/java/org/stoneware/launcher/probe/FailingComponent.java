package org.stoneware.launcher.probe;

/** A component that does not come to life. */
public final class FailingComponent {
    public FailingComponent() {
        throw new IllegalStateException("planted fault");
    }
}

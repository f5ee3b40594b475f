package org.stoneware.launcher.probe;

/** A component whose reference nobody offers. */
public final class WaitingComponent {}

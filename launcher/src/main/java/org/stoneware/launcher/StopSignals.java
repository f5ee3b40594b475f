package org.stoneware.launcher;

import java.lang.reflect.Proxy;

/**
 * Turns SIGINT and SIGTERM into an orderly stop with exit code 0, where the JVM would end with 130 or 143.
 * <p>
 * {@code sun.misc.Signal} is reached by reflection: the compiler warns of it by name, and a JVM without module jdk.unsupported still runs.
 */
final class StopSignals {
    private static final System.Logger LOGGER = System.getLogger("org.stoneware.launcher");

    private StopSignals() {}

    /** Calls {@code stop} with the name of the signal, on a thread of the JVM. */
    static void install(StopRequest stop) {
        for (String name : new String[] {"INT", "TERM"}) {
            try {
                Class<?> signalType = Class.forName("sun.misc.Signal");
                Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
                Object handler = Proxy.newProxyInstance(
                        StopSignals.class.getClassLoader(),
                        new Class<?>[] {handlerType},
                        (proxy, method, arguments) -> {
                            if (method.getName().equals("handle")) {
                                stop.requested("SIG" + name);
                            }
                            return switch (method.getName()) {
                                case "equals" -> proxy == arguments[0];
                                case "hashCode" -> System.identityHashCode(proxy);
                                case "toString" -> "stop on SIG" + name;
                                default -> null;
                            };
                        });
                Object signal = signalType.getConstructor(String.class).newInstance(name);
                signalType.getMethod("handle", signalType, handlerType).invoke(null, signal, handler);
            } catch (ReflectiveOperationException e) {
                LOGGER.log(
                        System.Logger.Level.INFO,
                        "SIG" + name + " ends the process with the JVM's own exit code: " + e);
            }
        }
    }

    /** Told that somebody wants the process to end. */
    @FunctionalInterface
    interface StopRequest {
        void requested(String by);
    }
}

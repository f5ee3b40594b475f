package org.stoneware.tomcat;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.lang.reflect.Method;

/**
 * Opens the one JDK package Agrona needs, {@code jdk.internal.misc}, so that Tomcat needs no flag. Must run before the first class
 * of Agrona is touched: a failed attempt of theirs can't be healed in the same class loader. See ADR 0060.
 */
final class JdkInternals {
    /** System property; {@code false} forbids this class to open anything. */
    static final String PROPERTY = "stoneware.open.internals";

    static final String PACKAGE = "jdk.internal.misc";
    static final String ADVICE = "put this line into bin/setenv.sh of Tomcat and restart it: "
            + "CATALINA_OPTS=\"--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED\"";

    /** How the package came to be open. */
    enum Way {
        /** It was already: by a flag, or by an earlier call. */
        EXPORTED,
        /** By reflection; catalina.sh opens java.lang for its own needs. */
        REFLECTION,
        /** By the lookup that sun.misc.Unsafe can read; the JDK may print a warning. */
        UNSAFE,
        /** Not at all; {@link #ADVICE} says what helps. */
        CLOSED
    }

    private JdkInternals() {}

    /** Opens the package unless it is open, trying the quiet ways first. */
    static synchronized Way open() {
        if (isExported()) {
            return Way.EXPORTED;
        }
        if ("false".equalsIgnoreCase(System.getProperty(PROPERTY))) {
            return Way.CLOSED;
        }
        if (openByReflection()) {
            return Way.REFLECTION;
        }
        return openByUnsafe() ? Way.UNSAFE : Way.CLOSED;
    }

    private static boolean isExported() {
        return Object.class.getModule().isExported(PACKAGE, JdkInternals.class.getModule());
    }

    private static boolean openByReflection() {
        try {
            Method export = Module.class.getDeclaredMethod("implAddExportsToAllUnnamed", String.class);
            export.setAccessible(true);
            export.invoke(Object.class.getModule(), PACKAGE);
            return isExported();
        } catch (ReflectiveOperationException | RuntimeException e) {
            // InaccessibleObjectException when java.lang is not open: the next way may do.
            return false;
        }
    }

    // By name: the class is absent from runtimes without the module jdk.unsupported, and its methods are on their way
    // out.
    private static boolean openByUnsafe() {
        try {
            Class<?> unsafeClass = Class.forName("sun.misc.Unsafe");
            Field theUnsafe = unsafeClass.getDeclaredField("theUnsafe");
            theUnsafe.setAccessible(true);
            Object unsafe = theUnsafe.get(null);
            Field trusted = MethodHandles.Lookup.class.getDeclaredField("IMPL_LOOKUP");
            Object base = unsafeClass.getMethod("staticFieldBase", Field.class).invoke(unsafe, trusted);
            Object offset =
                    unsafeClass.getMethod("staticFieldOffset", Field.class).invoke(unsafe, trusted);
            MethodHandles.Lookup lookup = (MethodHandles.Lookup)
                    unsafeClass.getMethod("getObject", Object.class, long.class).invoke(unsafe, base, offset);
            MethodHandle export = lookup.findVirtual(
                    Module.class, "implAddExportsToAllUnnamed", MethodType.methodType(void.class, String.class));
            export.invoke(Object.class.getModule(), PACKAGE);
            return isExported();
        } catch (Error | RuntimeException e) {
            return false;
        } catch (Throwable e) {
            // MethodHandle.invoke declares it; an Error was handled above.
            return false;
        }
    }
}

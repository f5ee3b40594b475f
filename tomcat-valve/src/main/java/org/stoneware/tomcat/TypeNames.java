package org.stoneware.tomcat;

import org.jspecify.annotations.Nullable;

/** Recognises servlet types without naming them: they are javax in Tomcat 9 and jakarta from Tomcat 10 on. */
final class TypeNames {
    private TypeNames() {}

    /** True when a class implements the servlet interface of that simple name, of either name space. */
    static boolean implementsNamed(@Nullable Class<?> type, String simpleName) {
        for (Class<?> level = type; level != null; level = level.getSuperclass()) {
            for (Class<?> face : level.getInterfaces()) {
                if (isServletType(face, simpleName) || implementsNamed(face, simpleName)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether one of some objects implements it. */
    static boolean anyImplements(Object @Nullable [] objects, String simpleName) {
        for (Object each : objects == null ? new Object[0] : objects) {
            if (implementsNamed(each.getClass(), simpleName)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isServletType(Class<?> type, String simpleName) {
        String name = type.getName();
        return type.getSimpleName().equals(simpleName)
                && (name.startsWith("javax.servlet.") || name.startsWith("jakarta.servlet."));
    }
}

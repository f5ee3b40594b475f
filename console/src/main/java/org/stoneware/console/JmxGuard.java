package org.stoneware.console;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Set;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.remote.MBeanServerForwarder;
import org.jspecify.annotations.Nullable;

/**
 * Lets clients of the jmx-port look, and do no more than this class names: nobody may load a class, start an agent, write a heap dump or
 * change a setting, whoever he is (ADR 0073, 0150). Our own beans decide themselves what they do.
 */
final class JmxGuard {
    private static final Set<String> READING = Set.of(
            "getAttribute",
            "getAttributes",
            "getMBeanInfo",
            "getMBeanCount",
            "getDefaultDomain",
            "getDomains",
            "getObjectInstance",
            "queryNames",
            "queryMBeans",
            "isRegistered",
            "isInstanceOf",
            "addNotificationListener",
            "removeNotificationListener",
            "getClassLoader",
            "getClassLoaderFor",
            "getClassLoaderRepository");
    private static final Set<String> OPERATIONS_OF = Set.of("java.lang:type=Threading", "java.lang:type=Memory");

    private JmxGuard() {}

    static MBeanServerForwarder before(MBeanServer beans) {
        return (MBeanServerForwarder) Proxy.newProxyInstance(
                JmxGuard.class.getClassLoader(),
                new Class<?>[] {MBeanServerForwarder.class},
                (proxy, method, values) -> {
                    String name = method.getName();
                    if (name.equals("setMBeanServer")) {
                        // The connector tells, before it opens, what we know already.
                        return null;
                    }
                    if (name.equals("getMBeanServer")) {
                        return beans;
                    }
                    if (method.getDeclaringClass() == Object.class) {
                        return method.invoke(beans, values);
                    }
                    if (!READING.contains(name) && !(name.equals("invoke") && mayInvoke(values))) {
                        throw new SecurityException("the jmx-port only lets you look: refused=" + name);
                    }
                    try {
                        return method.invoke(beans, values);
                    } catch (InvocationTargetException e) {
                        throw e.getCause() == null ? e : e.getCause();
                    }
                });
    }

    private static boolean mayInvoke(@Nullable Object @Nullable [] values) {
        return values != null
                && values[0] instanceof ObjectName bean
                && (bean.getDomain().equals(JmxPort.DOMAIN) || OPERATIONS_OF.contains(bean.getCanonicalName()));
    }
}

package org.stoneware.console;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** Figures of the Java process, named as in the Java client of Prometheus. */
final class JvmMetrics {
    private static final double MS_PER_SECOND = 1000;

    void addTo(MetricFamilies families) {
        memory(families, "heap", ManagementFactory.getMemoryMXBean().getHeapMemoryUsage());
        memory(families, "nonheap", ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage());
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            families.gauge(
                    "jvm_buffer_pool_used_bytes",
                    "Memory outside the heap, by pool.",
                    pool.getMemoryUsed(),
                    "pool",
                    pool.getName());
        }
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            families.counter(
                    "jvm_gc_collections",
                    "Garbage collections.",
                    collector.getCollectionCount(),
                    "gc",
                    collector.getName());
            families.counter(
                    "jvm_gc_collection_seconds",
                    "Time spent in garbage collections.",
                    collector.getCollectionTime() / MS_PER_SECOND,
                    "gc",
                    collector.getName());
        }
        var threads = ManagementFactory.getThreadMXBean();
        families.gauge("jvm_threads_current", "Threads alive.", threads.getThreadCount());
        families.gauge("jvm_threads_daemon", "Daemon threads alive.", threads.getDaemonThreadCount());
        families.gauge("jvm_threads_peak", "Most threads that were alive at once.", threads.getPeakThreadCount());
        families.gauge(
                "process_start_time_seconds",
                "When the process started.",
                ManagementFactory.getRuntimeMXBean().getStartTime() / MS_PER_SECOND);
        cpu(families);
    }

    private static void memory(MetricFamilies families, String area, MemoryUsage usage) {
        families.gauge("jvm_memory_used_bytes", "Memory of the JVM in use.", usage.getUsed(), "area", area);
        families.gauge("jvm_memory_committed_bytes", "Memory of the JVM it holds.", usage.getCommitted(), "area", area);
        if (usage.getMax() >= 0) {
            families.gauge("jvm_memory_max_bytes", "Memory of the JVM it may take.", usage.getMax(), "area", area);
        }
    }

    /** Asks by name: the type that has CPU time is not part of every JDK. */
    private static void cpu(MetricFamilies families) {
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        try {
            Object used = beans.getAttribute(
                    new ObjectName(ManagementFactory.OPERATING_SYSTEM_MXBEAN_NAME), "ProcessCpuTime");
            if (used instanceof Long ns && ns >= 0) {
                families.counter(
                        "process_cpu_seconds", "CPU time the process used.", (double) ns / TimeUnit.SECONDS.toNanos(1));
            }
        } catch (JMException e) {
            // This JDK does not count it; the metric is absent, as OpenMetrics wants it.
        }
    }
}

package org.stoneware.console;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Unit;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot.UnknownDataPointSnapshot;
import java.util.LinkedHashMap;
import java.util.Map;
import org.stoneware.api.cluster.Histogram;
import org.stoneware.console.CounterCatalog.Kind;

/** Collects points until all are there, one family a name; of two points with the same labels the first stays. */
final class MetricFamilies {
    private static final double NS_PER_SECOND = 1e9;

    private final Map<String, Family> families = new LinkedHashMap<>();
    private final Map<String, Durations> histograms = new LinkedHashMap<>();

    void gauge(String name, String help, double value, String... labels) {
        add(name, Kind.GAUGE, help, Labels.of(labels), value);
    }

    void counter(String name, String help, double value, String... labels) {
        add(name, Kind.COUNTER, help, Labels.of(labels), value);
    }

    void add(String name, Kind kind, String help, Labels labels, double value) {
        Family family = families.computeIfAbsent(name, any -> new Family(kind, help, new LinkedHashMap<>()));
        if (family.kind() == kind) {
            family.points().putIfAbsent(labels, value);
        }
    }

    /** Adds durations. */
    void histogram(Histogram counted) {
        HistogramCatalog.Entry entry = HistogramCatalog.entry(counted.name());
        histograms
                .computeIfAbsent(entry.metric(), any -> new Durations(entry.help(), new LinkedHashMap<>()))
                .points()
                .putIfAbsent(entry.labels(), counted);
    }

    MetricSnapshots snapshots() {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        histograms.forEach((name, counted) -> all.metricSnapshot(histogram(name, counted)));
        families.forEach((name, family) -> {
            switch (family.kind()) {
                case COUNTER -> all.metricSnapshot(counter(name, family));
                case GAUGE -> all.metricSnapshot(gauge(name, family));
                case UNKNOWN -> all.metricSnapshot(unknown(name, family));
            }
        });
        return all.build();
    }

    private static HistogramSnapshot histogram(String name, Durations family) {
        HistogramSnapshot.Builder snapshot =
                HistogramSnapshot.builder().unit(Unit.SECONDS).name(name).help(family.help());
        family.points()
                .forEach((labels, counted) -> snapshot.dataPoint(HistogramDataPointSnapshot.builder()
                        .labels(labels)
                        .classicHistogramBuckets(buckets(counted))
                        .sum(counted.sumNs() / NS_PER_SECOND)
                        .build()));
        return snapshot.build();
    }

    private static ClassicHistogramBuckets buckets(Histogram counted) {
        ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
        for (int i = 0; i < counted.counts().size(); i++) {
            boolean isLast = i == counted.upToNs().size();
            buckets.bucket(
                    isLast ? Double.POSITIVE_INFINITY : counted.upToNs().get(i) / NS_PER_SECOND,
                    counted.counts().get(i));
        }
        return buckets.build();
    }

    private static CounterSnapshot counter(String name, Family family) {
        CounterSnapshot.Builder snapshot = named(CounterSnapshot.builder(), name, family);
        family.points()
                .forEach((labels, value) -> snapshot.dataPoint(CounterDataPointSnapshot.builder()
                        .labels(labels)
                        .value(Math.max(0, value))
                        .build()));
        return snapshot.build();
    }

    private static GaugeSnapshot gauge(String name, Family family) {
        GaugeSnapshot.Builder snapshot = named(GaugeSnapshot.builder(), name, family);
        family.points()
                .forEach((labels, value) -> snapshot.dataPoint(GaugeDataPointSnapshot.builder()
                        .labels(labels)
                        .value(value)
                        .build()));
        return snapshot.build();
    }

    private static UnknownSnapshot unknown(String name, Family family) {
        UnknownSnapshot.Builder snapshot = UnknownSnapshot.builder().name(name).help(family.help());
        family.points()
                .forEach((labels, value) -> snapshot.dataPoint(UnknownDataPointSnapshot.builder()
                        .labels(labels)
                        .value(value)
                        .build()));
        return snapshot.build();
    }

    /** Declares the unit the name ends with, as OpenMetrics wants it. */
    private static <B extends MetricSnapshot.Builder<B>> B named(B snapshot, String name, Family family) {
        if (name.endsWith("_bytes")) {
            snapshot.unit(Unit.BYTES);
        } else if (name.endsWith("_seconds")) {
            snapshot.unit(Unit.SECONDS);
        }
        return snapshot.name(name).help(family.help());
    }

    /** All points of one name. */
    private record Family(Kind kind, String help, Map<Labels, Double> points) {}

    /** All histograms of one name. */
    private record Durations(String help, Map<Labels, Histogram> points) {}
}

package org.stoneware.server.request;

import java.util.ArrayList;
import java.util.List;
import org.stoneware.api.cluster.ClusterStatus.Counter;
import org.stoneware.api.cluster.Histogram;
import org.stoneware.server.latency.LatencyHistogram;

/** Figures of the requests served since this server became active. Written by the agent thread only. */
final class RequestCounters {
    long opened;
    long openedCurrent;
    long openedAbsent;
    long openedBusy;
    long written;
    long removed;
    long renamed;
    long touched;
    long released;
    long recalls;
    long duplicates;
    long fenced;
    long full;
    long tooLarge;
    long failed;
    long expired;
    long expiryNotices;
    long malformed;
    long staleEpoch;
    long unregistered;
    long overflowed;
    long regained;
    /** From asking for a session that is here until the answer. */
    final LatencyHistogram opens = new LatencyHistogram();
    /** From an entry of the log until every server in sync has confirmed it. */
    final LatencyHistogram commits = new LatencyHistogram();

    /** From the arrival of a request that had to wait for the store until it was served; nothing of those that had not. */
    final LatencyHistogram storeWaits = new LatencyHistogram();

    final AnswerFigures answers = new AnswerFigures();

    List<Histogram> histograms() {
        List<Histogram> all = new ArrayList<>();
        all.add(opens.snapshot("requests.open"));
        all.add(commits.snapshot("requests.commit"));
        all.add(storeWaits.snapshot("requests.awaiting-store"));
        answers.addHistogramsTo(all);
        return all;
    }

    List<Counter> list() {
        List<Counter> all = new ArrayList<>();
        all.add(new Counter("requests.open", opened));
        all.add(new Counter("requests.open.current", openedCurrent));
        all.add(new Counter("requests.open.absent", openedAbsent));
        all.add(new Counter("requests.open.busy", openedBusy));
        all.add(new Counter("requests.write", written));
        all.add(new Counter("requests.remove", removed));
        all.add(new Counter("requests.rename", renamed));
        all.add(new Counter("requests.touch", touched));
        all.add(new Counter("requests.release", released));
        answers.addTo(all);
        all.add(new Counter("requests.duplicate", duplicates));
        all.add(new Counter("requests.refused.fenced", fenced));
        all.add(new Counter("requests.refused.full", full));
        all.add(new Counter("requests.refused.too-large", tooLarge));
        all.add(new Counter("requests.refused.store-failed", failed));
        all.add(new Counter("requests.refused.malformed", malformed));
        all.add(new Counter("requests.refused.stale-epoch", staleEpoch));
        all.add(new Counter("requests.refused.unregistered", unregistered));
        all.add(new Counter("requests.refused.overflow", overflowed));
        all.add(new Counter("ownership.recalls", recalls));
        all.add(new Counter("ownership.regained", regained));
        all.add(new Counter("sessions.expired", expired));
        all.add(new Counter("sessions.expiry-notices", expiryNotices));
        return all;
    }
}

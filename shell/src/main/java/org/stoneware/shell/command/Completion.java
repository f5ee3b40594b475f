package org.stoneware.shell.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.felix.service.command.CommandSession;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.SessionAdmin;
import org.stoneware.api.cluster.SessionAdmin.SessionPage;
import org.stoneware.api.cluster.SessionAdmin.SessionQuery;
import org.stoneware.api.cluster.SessionAdmin.SessionStats;
import org.stoneware.shell.link.Words;

/** Words that may come next in a line: commands, options, applications, ids of sessions. */
public final class Completion {
    private static final int MAX_IDS = 50;
    private static final long WAIT_MS = 1_000;

    private final SessionAdmin sessions;
    private final long waitMs;

    public Completion(SessionAdmin sessions) {
        this(sessions, WAIT_MS);
    }

    Completion(SessionAdmin sessions, long waitMs) {
        this.sessions = sessions;
        this.waitMs = waitMs;
    }

    /** @param line up to the cursor. */
    public List<String> candidates(CommandSession session, String line) {
        String last = line.substring(Math.max(line.lastIndexOf('|'), line.lastIndexOf(';')) + 1)
                .stripLeading();
        String[] words = last.split("\\s+", -1);
        String begun = words[words.length - 1];
        List<String> all = words.length == 1 ? commands(session) : arguments(session, words);
        return all.stream().filter(each -> each.startsWith(begun)).toList();
    }

    private static List<String> commands(CommandSession session) {
        List<String> names = new ArrayList<>();
        if (session.get(".commands") instanceof Set<?> commands) {
            TreeSet<String> sorted = new TreeSet<>();
            commands.forEach(each -> sorted.add(String.valueOf(each)));
            names.addAll(sorted);
        }
        // What is Felix's own is known by its short name.
        new ArrayList<>(names)
                .stream()
                        .filter(each -> each.startsWith("felix:"))
                        .map(each -> each.substring("felix:".length()))
                        .forEach(names::add);
        names.add("exit");
        return names;
    }

    private List<String> arguments(CommandSession session, String[] words) {
        @Nullable Usage usage = HelpText.usage(words[0]);
        if (words[0].equals("help")) {
            return commands(session);
        }
        if (usage == null) {
            return List.of();
        }
        String begun = words[words.length - 1];
        String before = words[words.length - 2];
        if (before.equals("--app")) {
            return applications();
        }
        List<String> candidates = new ArrayList<>();
        usage.options().forEach(option -> candidates.add(option.name()));
        boolean takesId = usage.words().stream().anyMatch(word -> word.contains("ID"));
        if (takesId && !begun.startsWith("-")) {
            candidates.addAll(ids(begun));
        }
        return candidates;
    }

    private List<String> applications() {
        @Nullable SessionStats stats = await(sessions.stats(""));
        return stats == null
                ? List.of()
                : stats.applications().stream()
                        .map(each -> Words.quoted(each.application()))
                        .toList();
    }

    private List<String> ids(String begun) {
        @Nullable SessionPage page = await(sessions.list(new SessionQuery("", begun, MAX_IDS, "")));
        // An id that is no plain word is not for the keyboard.
        return page == null
                ? List.of()
                : page.sessions().stream()
                        .map(SessionAdmin.SessionSummary::id)
                        .filter(id -> Words.quoted(id).equals(id))
                        .toList();
    }

    private <T> @Nullable T await(CompletableFuture<T> answer) {
        try {
            return answer.get(waitMs, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } catch (ExecutionException | TimeoutException e) {
            return null;
        } finally {
            // Given up, it must not go on and take the place of others; an answer that is there stays as it is.
            answer.cancel(false);
        }
    }
}

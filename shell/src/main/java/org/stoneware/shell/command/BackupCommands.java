package org.stoneware.shell.command;

import static org.stoneware.shell.command.JsonText.object;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.stoneware.api.cluster.SessionBackup;
import org.stoneware.api.cluster.SessionBackup.BackupOutcome;
import org.stoneware.api.cluster.SessionBackup.Existing;
import org.stoneware.api.cluster.SessionBackup.RestoreCounts;
import org.stoneware.api.cluster.SessionBackup.RestoreOptions;
import org.stoneware.api.cluster.SessionBackup.RestoreOutcome;
import org.stoneware.api.cluster.SessionBackup.Status;
import org.stoneware.shell.command.Usage.Option;
import org.stoneware.shell.link.ShellExit;

/** {@code session:backup} and {@code session:restore}: all sessions into a file, and back. */
@Component(
        service = BackupCommands.class,
        immediate = true,
        property = {"osgi.command.scope=session", "osgi.command.function=backup", "osgi.command.function=restore"})
public final class BackupCommands {
    static final Usage BACKUP = Usage.of(
            "session:backup",
            "write all sessions into a file of the server's machine; the active or a standby does it",
            List.of("FILE"));
    static final Usage RESTORE = Usage.of(
            "session:restore",
            "put the sessions of a backup back, on every server; only the active does it",
            List.of("FILE"),
            Option.flag("--keep", "a session the array holds stays as it is; so it is without an option"),
            Option.flag("--replace", "that of the file takes the place of one the array holds"),
            Option.flag("--count-time", "the time since the backup counts as time not used; otherwise it does not"));

    private final SessionBackup backups;

    @Activate
    public BackupCommands(@Reference SessionBackup backups) {
        this.backups = backups;
    }

    @Descriptor("write all sessions into a file")
    public void backup(CommandSession session, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(BACKUP, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(BACKUP);
            return;
        }
        BackupOutcome outcome = await(backups.backup(file(arguments), screen.user()));
        if (arguments.isJson()) {
            screen.json(object(
                    "status",
                    outcome.status().name(),
                    "server",
                    outcome.server(),
                    "sessions",
                    outcome.sessions(),
                    "bytes",
                    outcome.bytes(),
                    "tookMs",
                    outcome.tookMs(),
                    "reason",
                    outcome.reason()));
        } else if (outcome.status() == Status.DONE) {
            screen.line(
                    outcome.sessions() + " sessions of " + SafeText.of(outcome.server()) + " are in "
                            + SafeText.of(arguments.word()) + ": " + Figures.bytes(outcome.bytes()) + ", "
                            + Figures.duration(outcome.tookMs()),
                    Style.GOOD);
        }
        requireDone(outcome.status(), outcome.reason());
    }

    @Descriptor("put the sessions of a backup back")
    public void restore(CommandSession session, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(RESTORE, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(RESTORE);
            return;
        }
        if (arguments.has("--keep") && arguments.has("--replace")) {
            throw arguments.wrong("--keep and --replace exclude each other");
        }
        RestoreOptions options = new RestoreOptions(
                arguments.has("--replace") ? Existing.REPLACE : Existing.KEEP, arguments.has("--count-time"));
        RestoreOutcome outcome = await(backups.restore(file(arguments), options, screen.user()));
        if (arguments.isJson()) {
            screen.json(json(outcome));
        } else if (outcome.counts().total() > 0 || outcome.status() == Status.DONE) {
            show(screen, outcome);
        }
        requireDone(outcome.status(), outcome.reason());
    }

    private static void show(Screen screen, RestoreOutcome outcome) {
        RestoreCounts counts = outcome.counts();
        screen.line(
                counts.restored() + counts.replaced() + " of " + outcome.inFile() + " sessions are back on "
                        + SafeText.of(outcome.server()) + ": " + Figures.bytes(outcome.bytes()) + ", "
                        + Figures.duration(outcome.tookMs()),
                outcome.status() == Status.DONE ? Style.GOOD : Style.BAD);
        line(screen, counts.replaced(), "of these took the place of another");
        line(screen, counts.replacedNewer(), "of these others had been used after the backup");
        line(screen, counts.unchanged(), "were here already, the same");
        line(screen, counts.kept(), "were here already, changed since, and stay; --replace takes those of the file");
        line(screen, counts.expired(), "skipped: their time is over");
        line(screen, counts.inUse(), "left as they are: in use");
        line(screen, counts.refused(), "refused: no room, or longer than a session may be");
    }

    private static void line(Screen screen, long count, String what) {
        if (count > 0) {
            screen.line("  " + count + " " + what);
        }
    }

    private static Map<String, @Nullable Object> json(RestoreOutcome outcome) {
        RestoreCounts counts = outcome.counts();
        return object(
                "status",
                outcome.status().name(),
                "server",
                outcome.server(),
                "inFile",
                outcome.inFile(),
                "bytes",
                outcome.bytes(),
                "restored",
                counts.restored(),
                "replaced",
                counts.replaced(),
                "replacedNewer",
                counts.replacedNewer(),
                "unchanged",
                counts.unchanged(),
                "kept",
                counts.kept(),
                "expired",
                counts.expired(),
                "inUse",
                counts.inUse(),
                "refused",
                counts.refused(),
                "tookMs",
                outcome.tookMs(),
                "reason",
                outcome.reason());
    }

    /** As long as it takes; who interrupts ends it. */
    private static <T> T await(CompletableFuture<T> answer) {
        try {
            return Answers.awaitEnd(answer);
        } catch (CommandFailure e) {
            answer.cancel(false);
            throw e;
        }
    }

    private static Path file(Arguments arguments) {
        try {
            Path file = Path.of(arguments.word());
            if (file.isAbsolute() && file.getFileName() != null) {
                return file.normalize();
            }
        } catch (InvalidPathException e) {
            // said below
        }
        throw arguments.wrong(
                "'" + SafeText.of(arguments.word())
                        + "' is not the whole path of a file: the server's directory is not yours, so it must begin at the root");
    }

    private static void requireDone(Status status, String reason) {
        if (status == Status.NOT_HERE) {
            throw new CommandFailure(ShellExit.NOT_HERE, "not here: " + SafeText.of(reason));
        }
        if (status != Status.DONE) {
            throw CommandFailure.failed(SafeText.of(reason));
        }
    }
}

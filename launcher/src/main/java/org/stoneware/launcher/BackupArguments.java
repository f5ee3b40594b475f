package org.stoneware.launcher;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.config.ServerChoice;
import org.stoneware.config.TcConfig;
import org.stoneware.shell.client.ShellClient;

/** What {@code backup} and {@code restore} are given: options, one file, and the servers that may be meant. */
final class BackupArguments {
    private final String program;
    private final Terminal terminal;
    private final Options options;
    private final List<String> words = new ArrayList<>();

    /** @param flags options of this program without a value. */
    BackupArguments(String program, String usage, Terminal terminal, List<String> flags, List<String> given)
            throws ProgramException {
        this.program = program;
        this.terminal = terminal;
        this.options = new Options(program, usage).value("--name", "-n").value("--config", "-f");
        flags.forEach(options::flag);
        List<String> optionWords = new ArrayList<>();
        for (int i = 0; i < given.size(); i++) {
            String word = given.get(i);
            if (!word.startsWith("-") || word.equals("-")) {
                words.add(word);
                continue;
            }
            optionWords.add(word);
            boolean takesNext = List.of("-n", "--name", "-f", "--config").contains(word);
            if (takesNext && i + 1 < given.size()) {
                optionWords.add(given.get(++i));
            }
        }
        options.parse(optionWords);
    }

    boolean isGiven(String option) {
        return options.isGiven(option);
    }

    /** The file, as a whole path. */
    Path file() throws ProgramException {
        if (words.size() != 1) {
            throw wrong(words.isEmpty() ? "the FILE is missing" : "'" + words.get(1) + "' is one argument too many");
        }
        return terminal.workingDirectory().resolve(words.get(0)).normalize();
    }

    ProgramException wrong(String what) {
        return new ProgramException(ExitCode.CONFIGURATION, program + ": " + what + "; see " + program + " --help");
    }

    /** Servers of the configuration, or the one named. */
    List<ShellClient.Candidate> candidates() throws ProgramException {
        TcConfig config = new ConfigLocator(terminal).load(options.get("--config"));
        if (!config.isValid()) {
            ConfigReport.printProblems(terminal.err(), config.text().source(), config.problems());
            throw new ProgramException(
                    ExitCode.CONFIGURATION, program + ": " + config.text().source() + " is not valid");
        }
        List<ShellClient.Candidate> candidates = new ArrayList<>();
        for (ServerSettings server : config.settings(0).servers()) {
            candidates.add(new ShellClient.Candidate(server.name(), server.dataDirectory()));
        }
        @Nullable String name = options.get("--name");
        if (name == null) {
            return candidates;
        }
        ServerChoice choice = config.choose(name);
        if (!choice.isChosen()) {
            throw new ProgramException(ExitCode.CONFIGURATION, program + ": " + choice.problem());
        }
        return List.of(candidates.get(choice.position()));
    }
}

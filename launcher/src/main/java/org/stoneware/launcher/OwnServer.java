package org.stoneware.launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.ServerSettings;

/** The management port of a server on this machine, and the token it wants before it does anything. */
final class OwnServer {
    static final String TOKEN_FILE = "management.token";
    private static final int MAX_TOKEN_BYTES = 4096;

    private final ServerSettings server;
    private final String program;

    /** @param program its name begins every complaint. */
    OwnServer(ServerSettings server, String program) {
        this.server = server;
        this.program = program;
    }

    /** On this machine, a port bound everywhere is best reached over loopback: only there the token is taken. */
    ManagementPortClient client() {
        return client(null);
    }

    /** @param logIn for what needs no token, see {@link ManagementPortClient#logIn}. */
    ManagementPortClient client(@Nullable String logIn) {
        String address = server.managementAddress();
        boolean isEverywhere = address.equals("0.0.0.0") || address.equals("::");
        return new ManagementPortClient(isEverywhere ? "127.0.0.1" : address, server.managementPort(), logIn);
    }

    /** @param whatIsDone for complaints: "can't be stopped". */
    String token(String whatIsDone) throws ProgramException {
        Path file = server.dataDirectory().resolve(TOKEN_FILE);
        try {
            if (Files.size(file) > MAX_TOKEN_BYTES) {
                throw failed("can't be " + whatIsDone + ": " + file + " is not a token");
            }
            return Files.readString(file, StandardCharsets.UTF_8).strip();
        } catch (NoSuchFileException e) {
            throw failed("can't be " + whatIsDone + " from here: " + file
                    + " is missing; when it runs on this machine it has not"
                    + " opened its management port yet, else run " + program + " there");
        } catch (AccessDeniedException e) {
            throw failed("can only be " + whatIsDone + " by the user who started it: " + file + " is not readable for "
                    + System.getProperty("user.name"));
        } catch (IOException e) {
            throw failed("can't be " + whatIsDone + ": " + file + ": " + ConfigLocator.reason(e));
        }
    }

    /** What a server says when it refuses, in words. */
    static String describe(ManagementPortClient.Answer answer) {
        try {
            Map<String, Object> body = JsonTree.object(answer.body());
            Map<String, Object> error = JsonTree.object(body, "error");
            String what = JsonTree.text(error, "what");
            String todo = JsonTree.text(error, "todo");
            if (!what.isEmpty()) {
                return PrintableText.of(what + (todo.isEmpty() ? "" : "; " + todo));
            }
        } catch (IOException e) {
            // not our JSON: the status has to do
        }
        return "HTTP " + answer.status();
    }

    private ProgramException failed(String what) {
        return new ProgramException(ExitCode.FAILED, program + ": server " + server.name() + " " + what);
    }
}

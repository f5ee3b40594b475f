package org.stoneware.shell;

import java.nio.file.Path;
import java.util.List;
import org.stoneware.shell.client.ShellClient;
import org.stoneware.shell.client.ShellTerminal;

/** The client as {@code bin/shell} starts it, at the shell of the data directory given. */
final class TypedClient {
    private TypedClient() {}

    public static void main(String[] arguments) {
        ShellClient client = new ShellClient(
                ShellTerminal.ofProcess(), List.of(new ShellClient.Candidate("Server1", Path.of(arguments[0]))));
        System.exit(client.run(List.of()));
    }
}

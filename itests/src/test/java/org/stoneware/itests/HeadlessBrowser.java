package org.stoneware.itests;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.stoneware.demo.Await;

/**
 * A Chromium without a window and one page in it, driven over its DevTools protocol.
 * <p>
 * <b>Threading:</b> one thread at a time. <b>Ownership:</b> {@link #close()} ends the process.
 */
final class HeadlessBrowser implements AutoCloseable {
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int ANSWER_WITHIN_SEC = 30;
    private static final Pattern PAGE_SOCKET = Pattern.compile(
            "\"type\":\\s*\"page\"[^}]*?\"webSocketDebuggerUrl\":\\s*\"(ws://[^\"]+)\"", Pattern.DOTALL);
    private static final Pattern NUMBER = Pattern.compile("^\\{\"id\":(\\d+)");
    private static final Pattern REQUESTED =
            Pattern.compile("\"method\":\"Network.requestWillBeSent\".*?\"request\":\\{\"url\":\"([^\"]*)\"");
    private static final Pattern VALUE = Pattern.compile("\"value\":\"([A-Za-z0-9+/=]*)\"");
    private static final Pattern DATA = Pattern.compile("\"data\":\"([A-Za-z0-9+/=]+)\"");

    private final Process process;
    private final WebSocket socket;
    private final AtomicInteger lastNumber = new AtomicInteger();
    private final Map<Integer, CompletableFuture<String>> answers = new ConcurrentHashMap<>();
    private final List<String> requested = new CopyOnWriteArrayList<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();

    private HeadlessBrowser(Process process, String pageSocket) {
        this.process = process;
        this.socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create(pageSocket), new Listener())
                .join();
        for (String domain : List.of("Page", "Network", "Runtime", "Log")) {
            send(domain + ".enable", "");
        }
        // A page without a window has the keyboard all the same.
        send("Emulation.setFocusEmulationEnabled", "\"enabled\":true");
    }

    /** Where a Chromium is installed. */
    static Optional<Path> installed() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .flatMap(directory ->
                        NAMES.stream().map(name -> Path.of(directory).resolve(name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** @param directory for its profile; must not be used by another. */
    static HeadlessBrowser start(Path program, Path directory) throws IOException {
        Files.createDirectories(directory);
        Path profile = directory.resolve("profile");
        ProcessBuilder builder = new ProcessBuilder(
                program.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
                "--lang=en-GB",
                "--user-data-dir=" + profile,
                "--remote-debugging-port=0",
                "about:blank");
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(directory.resolve("chromium.out").toFile())
                .start();
        try {
            Path portFile = profile.resolve("DevToolsActivePort");
            Await.until(
                    "Chromium tells its DevTools port",
                    PATIENCE,
                    () -> Files.exists(portFile) && !readString(portFile).isBlank(),
                    () -> readString(directory.resolve("chromium.out")));
            String port = readString(portFile).lines().findFirst().orElseThrow();
            return new HeadlessBrowser(process, pageSocket(port));
        } catch (IOException | RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private static String pageSocket(String port) throws IOException {
        try {
            HttpResponse<String> list = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/list"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            Matcher found = PAGE_SOCKET.matcher(list.body());
            if (!found.find()) {
                throw new IOException("Chromium has no page: " + list.body());
            }
            return found.group(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static String readString(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            return e.toString();
        }
    }

    void size(int width, int height, boolean isPhone) {
        send(
                "Emulation.setDeviceMetricsOverride",
                "\"width\":" + width + ",\"height\":" + height + ",\"deviceScaleFactor\":" + (isPhone ? 2 : 1)
                        + ",\"mobile\":" + isPhone);
    }

    void open(String url) {
        send("Page.navigate", "\"url\":\"" + url + "\"");
    }

    /** Presses and releases a key. */
    void press(String key) {
        for (String type : List.of("rawKeyDown", "keyUp")) {
            int code = key.equals("Tab") ? 9 : 13;
            send(
                    "Input.dispatchKeyEvent",
                    "\"type\":\"" + type + "\",\"key\":\"" + key + "\",\"code\":\"" + key
                            + "\",\"windowsVirtualKeyCode\":" + code);
        }
    }

    /** Text a JavaScript expression gives; empty when it fails, as it does while a page is loading. */
    String text(String expression) {
        String wrapped = "(() => { try { return btoa(unescape(encodeURIComponent(String(" + expression
                + ")))) } catch (e) { return '' } })()";
        String answer = send("Runtime.evaluate", "\"returnByValue\":true,\"expression\":\"" + escaped(wrapped) + "\"");
        Matcher value = VALUE.matcher(answer);
        return value.find() ? new String(Base64.getDecoder().decode(value.group(1)), StandardCharsets.UTF_8) : "";
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    /** Writes a picture of the page from its top to {@code height}. */
    void picture(Path file) throws IOException {
        Matcher data = DATA.matcher(send("Page.captureScreenshot", "\"format\":\"png\""));
        if (!data.find()) {
            throw new IOException("Chromium made no picture: " + file);
        }
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, Base64.getDecoder().decode(data.group(1)));
    }

    /** Every address the page asked for so far. */
    List<String> requested() {
        return List.copyOf(requested);
    }

    /** Exceptions of scripts and violations of the content policy so far. */
    List<String> complaints() {
        return List.copyOf(complaints);
    }

    private String send(String method, String params) {
        int number = lastNumber.incrementAndGet();
        CompletableFuture<String> answer = new CompletableFuture<>();
        answers.put(number, answer);
        socket.sendText("{\"id\":" + number + ",\"method\":\"" + method + "\",\"params\":{" + params + "}}", true);
        try {
            return answer.get(ANSWER_WITHIN_SEC, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("Chromium does not answer: method=" + method, e);
        }
    }

    @Override
    public void close() {
        socket.abort();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor(ANSWER_WITHIN_SEC, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Puts messages together and gives them to who waits for them. */
    private final class Listener implements WebSocket.Listener {
        private final List<String> pieces = new ArrayList<>();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean isLast) {
            pieces.add(data.toString());
            if (isLast) {
                onMessage(String.join("", pieces));
                pieces.clear();
            }
            from.request(1);
            return CompletableFuture.completedFuture(null);
        }

        private void onMessage(String message) {
            Matcher number = NUMBER.matcher(message);
            if (number.find()) {
                CompletableFuture<String> waiting = answers.remove(Integer.parseInt(number.group(1)));
                if (waiting != null) {
                    waiting.complete(message);
                }
                return;
            }
            Matcher request = REQUESTED.matcher(message);
            if (request.find()) {
                requested.add(request.group(1));
            } else if (message.contains("\"Runtime.exceptionThrown\"") || message.contains("Content Security Policy")) {
                complaints.add(message);
            }
        }
    }
}

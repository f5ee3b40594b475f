package org.stoneware.console;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** Turns an exchange of the JDK's server into a {@link Request} and an {@link Answer} into what goes back. */
final class ExchangeHandler implements HttpHandler {
    private static final Logger LOGGER = System.getLogger(ExchangeHandler.class.getName());
    private static final int NO_BODY = -1;
    private static final int UNKNOWN_LENGTH = 0;
    /** The page needs its own files and nothing else; no other page may hold it in a frame. */
    private static final String CONTENT_POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
                    + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final Routes routes;
    private final LiveStreams streams;
    /** A page that polls must not fill the log: of failures in a row only the first is written. */
    private final AtomicBoolean isFailing = new AtomicBoolean();

    ExchangeHandler(Routes routes, LiveStreams streams) {
        this.routes = routes;
        this.streams = streams;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        Reply reply = reply(exchange);
        if (reply instanceof LiveStream asked) {
            stream(exchange, asked);
        } else if (reply instanceof Answer answer) {
            finish(exchange, answer);
        }
    }

    private Reply reply(HttpExchange exchange) {
        Headers headers = exchange.getRequestHeaders();
        Request request = new Request(
                exchange.getRequestMethod(),
                exchange.getRequestURI().getRawPath(),
                exchange.getRequestURI().getRawQuery(),
                exchange.getRemoteAddress(),
                exchange.getLocalAddress(),
                headers.getFirst("Host"),
                headers.getFirst("Authorization"),
                headers.getFirst("Accept"),
                headers.getFirst("Last-Event-ID"),
                headers.getFirst(StopGuard.USER_HEADER));
        try {
            Reply reply = routes.reply(request);
            isFailing.set(false);
            return reply;
        } catch (RuntimeException | Error e) {
            Level level = isFailing.getAndSet(true) ? Level.DEBUG : Level.ERROR;
            LOGGER.log(level, "management request failed: path=" + request.path(), e);
            return Answer.error(500, "the server failed to answer", "-", "see the server's log");
        }
    }

    /** Hands the connection over to a thread of its own; the pool's thread is free again. */
    private void stream(HttpExchange exchange, LiveStream asked) throws IOException {
        if (exchange.getRequestMethod().equals("HEAD")) {
            finish(exchange, new Answer(200, LiveStream.CONTENT_TYPE, new byte[0], Map.of()));
            return;
        }
        LiveStreams.Reader reader = streams.tryTakePlace();
        if (reader == null) {
            finish(
                    exchange,
                    Answer.error(
                                    503,
                                    "no place for another live stream",
                                    LiveStreams.MAX_STREAMS + " streams at once",
                                    "close one, or ask for the same without a stream")
                            .with("Retry-After", "10"));
            return;
        }
        try {
            setHeaders(exchange.getResponseHeaders(), LiveStream.CONTENT_TYPE);
            exchange.sendResponseHeaders(200, UNKNOWN_LENGTH);
            reader.start(asked, exchange.getResponseBody(), exchange::close);
        } catch (IOException | RuntimeException | Error e) {
            // The latter also when no thread is to be had.
            reader.leave();
            exchange.close();
            throw e;
        }
    }

    private static void finish(HttpExchange exchange, Answer answer) throws IOException {
        try (exchange) {
            send(exchange, answer);
        }
    }

    private static void setHeaders(Headers headers, String contentType) {
        headers.set("Content-Type", contentType);
        headers.set("Cache-Control", "no-store");
        headers.set("Content-Security-Policy", CONTENT_POLICY);
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("X-Frame-Options", "DENY");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        Headers headers = exchange.getResponseHeaders();
        setHeaders(headers, answer.contentType());
        answer.headers().forEach(headers::set);
        if (exchange.getRequestMethod().equals("HEAD")) {
            headers.set("Content-Length", Integer.toString(answer.body().length));
            exchange.sendResponseHeaders(answer.status(), NO_BODY);
        } else {
            exchange.sendResponseHeaders(answer.status(), answer.body().length);
            exchange.getResponseBody().write(answer.body());
        }
    }
}

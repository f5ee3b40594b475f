package org.stoneware.console;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;

/** Turns an exchange of the JDK's server into a {@link Request} and an {@link Answer} into what goes back. */
final class ExchangeHandler implements HttpHandler {
    private static final Logger LOGGER = System.getLogger(ExchangeHandler.class.getName());
    private static final int NO_BODY = -1;
    /** The page needs its own files and nothing else; no other page may hold it in a frame. */
    private static final String CONTENT_POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
                    + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final Routes routes;
    /** A page that polls must not fill the log: of failures in a row only the first is written. */
    private final AtomicBoolean isFailing = new AtomicBoolean();

    ExchangeHandler(Routes routes) {
        this.routes = routes;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            send(exchange, answer(exchange));
        }
    }

    private Answer answer(HttpExchange exchange) {
        Headers headers = exchange.getRequestHeaders();
        Request request = new Request(
                exchange.getRequestMethod(),
                exchange.getRequestURI().getRawQuery(),
                exchange.getRemoteAddress(),
                exchange.getLocalAddress(),
                headers.getFirst("Host"),
                headers.getFirst("Authorization"));
        String path = exchange.getRequestURI().getRawPath();
        try {
            Answer answer = routes.answer(path, request);
            isFailing.set(false);
            return answer;
        } catch (RuntimeException e) {
            Level level = isFailing.getAndSet(true) ? Level.DEBUG : Level.ERROR;
            LOGGER.log(level, "management request failed: path=" + path, e);
            return Answer.error(500, "the server failed to answer", "-", "see the server's log");
        }
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        Headers headers = exchange.getResponseHeaders();
        headers.set("Content-Type", answer.contentType());
        headers.set("Cache-Control", "no-store");
        headers.set("Content-Security-Policy", CONTENT_POLICY);
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("X-Frame-Options", "DENY");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
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

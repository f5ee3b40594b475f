package org.stoneware.benchmarks;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A kept-alive HTTP/1.1 connection that never repeats a request by itself: a client that did so would hide exactly what is
 * to be found. Reads Content-Length, chunked and until-close bodies.
 */
final class HttpConnection implements AutoCloseable {
    private static final int MAX_LINE_LENGTH = 64 * 1024;
    /** A connection not used for so long may have been closed by the server; looking costs a millisecond. */
    private static final long IDLE_CHECK_NS = 500_000_000L;

    private static final int MAX_BODY_LENGTH = 64 * 1024 * 1024;

    private final InetSocketAddress address;
    private final int timeoutMs;
    private @Nullable Socket socket;
    private long lastUsedNs;
    private InputStream in = InputStream.nullInputStream();

    HttpConnection(URI url, int timeoutMs) {
        address = new InetSocketAddress(url.getHost(), url.getPort() < 0 ? 80 : url.getPort());
        this.timeoutMs = timeoutMs;
    }

    /**
     * Asks for a page.
     *
     * @param cookie value of the session cookie; empty: none is sent.
     * @throws IOException when no complete answer came; the connection is closed then.
     */
    Answer get(URI url, String cookieName, String cookie) throws IOException {
        try {
            Socket open = connected();
            open.getOutputStream().write(request(url, cookieName, cookie));
            Answer answer = answer(cookieName);
            lastUsedNs = System.nanoTime();
            return answer;
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    @Override
    public void close() {
        Socket open = socket;
        socket = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // Nothing is lost: the answer was read or is given up.
                return;
            }
        }
    }

    private Socket connected() throws IOException {
        Socket open = socket;
        if (open != null && System.nanoTime() - lastUsedNs > IDLE_CHECK_NS && hasEnded(open)) {
            close();
            open = null;
        }
        if (open == null) {
            open = new Socket();
            open.setTcpNoDelay(true);
            open.setSoTimeout(timeoutMs);
            open.connect(address, timeoutMs);
            in = new BufferedInputStream(open.getInputStream(), 16 * 1024);
            socket = open;
        }
        return open;
    }

    /** True when the server closed the idle connection, which is no error as long as no request is under way. */
    private boolean hasEnded(Socket open) throws IOException {
        open.setSoTimeout(1);
        try {
            in.mark(1);
            int next = in.read();
            in.reset();
            return next < 0;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        } finally {
            open.setSoTimeout(timeoutMs);
        }
    }

    private static byte[] request(URI url, String cookieName, String cookie) {
        String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
        String text = "GET " + path + query + " HTTP/1.1\r\nHost: " + url.getRawAuthority() + "\r\n"
                + "User-Agent: stoneware-load\r\nAccept: */*\r\n"
                + (cookie.isEmpty() ? "" : "Cookie: " + cookieName + "=" + cookie + "\r\n") + "\r\n";
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private Answer answer(String cookieName) throws IOException {
        String statusLine = line();
        String[] parts = statusLine.split(" ", 3);
        if (parts.length < 2 || !parts[0].startsWith("HTTP/1.") || !parts[1].matches("\\d{3}")) {
            throw new IOException("not an HTTP answer");
        }
        int status = Integer.parseInt(parts[1]);
        int length = -1;
        boolean isChunked = false;
        boolean closes = parts[0].equals("HTTP/1.0");
        String sessionId = "";
        for (String header = line(); !header.isEmpty(); header = line()) {
            int colon = header.indexOf(':');
            String name = colon < 0 ? header : header.substring(0, colon).trim().toLowerCase(Locale.ROOT);
            String value = colon < 0 ? "" : header.substring(colon + 1).trim();
            switch (name) {
                case "content-length" -> length = parseLength(value, 10);
                case "transfer-encoding" ->
                    isChunked = value.toLowerCase(Locale.ROOT).contains("chunked");
                case "connection" ->
                    closes = value.equalsIgnoreCase("close") || (closes && !value.equalsIgnoreCase("keep-alive"));
                case "set-cookie" -> {
                    if (value.startsWith(cookieName + "=")) {
                        int end = value.indexOf(';');
                        sessionId = value.substring(cookieName.length() + 1, end < 0 ? value.length() : end);
                    }
                }
                default -> {}
            }
        }
        byte[] body = body(status, length, isChunked);
        if (closes || (length < 0 && !isChunked)) {
            close();
        }
        return new Answer(status, sessionId, new String(body, StandardCharsets.UTF_8));
    }

    private byte[] body(int status, int length, boolean isChunked) throws IOException {
        if (status == 204 || status == 304) {
            return new byte[0];
        }
        if (isChunked) {
            return chunks();
        }
        if (length >= 0) {
            byte[] body = in.readNBytes(length);
            if (body.length < length) {
                throw new EOFException("body cut off");
            }
            return body;
        }
        return in.readNBytes(MAX_BODY_LENGTH);
    }

    private byte[] chunks() throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            String size = line();
            int extension = size.indexOf(';');
            int length = parseLength(extension < 0 ? size : size.substring(0, extension), 16);
            byte[] chunk = in.readNBytes(length);
            if (chunk.length < length || body.size() > MAX_BODY_LENGTH) {
                throw new EOFException("body cut off");
            }
            body.writeBytes(chunk);
            String end = line();
            while (length == 0 && !end.isEmpty()) {
                end = line();
            }
            if (length == 0) {
                return body.toByteArray();
            }
        }
    }

    private static int parseLength(String text, int radix) throws IOException {
        try {
            int length = Integer.parseInt(text.trim(), radix);
            if (length >= 0 && length <= MAX_BODY_LENGTH) {
                return length;
            }
        } catch (NumberFormatException e) {
            throw new IOException("wrong length in answer", e);
        }
        throw new IOException("wrong length in answer");
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder(80);
        while (line.length() < MAX_LINE_LENGTH) {
            int c = in.read();
            if (c < 0) {
                throw new EOFException(line.length() == 0 ? "connection closed without an answer" : "answer cut off");
            }
            if (c == '\n') {
                int end = line.length();
                return end > 0 && line.charAt(end - 1) == '\r' ? line.substring(0, end - 1) : line.toString();
            }
            line.append((char) c);
        }
        throw new IOException("line too long in answer");
    }

    /**
     * @param sessionId value of a session cookie the answer sets, or empty.
     */
    record Answer(int status, String sessionId, String body) {}
}

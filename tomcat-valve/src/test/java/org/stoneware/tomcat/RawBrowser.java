package org.stoneware.tomcat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A browser that sees every byte when it arrives, and how the connection ends. */
final class RawBrowser implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;
    private final StringBuilder seen = new StringBuilder();

    RawBrowser(int port) throws IOException {
        socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(20_000);
        in = new BufferedInputStream(socket.getInputStream());
    }

    RawBrowser get(String path, String sessionId) throws IOException {
        return getPath("/shop" + path, sessionId);
    }

    /** Of any path of the server, not only of the test application. */
    RawBrowser getPath(String path, String sessionId) throws IOException {
        String cookie = sessionId == null ? "" : "Cookie: JSESSIONID=" + sessionId + "\r\n";
        String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + cookie + "\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    /** Reads until the text has arrived; what came so far. */
    String readUntil(String text) throws IOException {
        while (seen.length() < text.length()
                || !text.contentEquals(seen.subSequence(seen.length() - text.length(), seen.length()))) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("connection ended before \"" + text + "\": " + text());
            }
            seen.append((char) next);
        }
        return text();
    }

    /** Reads until the connection ends, in whatever way. */
    String readToEnd() {
        try {
            for (int next = in.read(); next >= 0; next = in.read()) {
                seen.append((char) next);
            }
        } catch (IOException e) {
            // A reset is an end too.
        }
        return text();
    }

    String text() {
        return seen.toString();
    }

    String sessionId() {
        int start = text().indexOf("JSESSIONID=") + "JSESSIONID=".length();
        return text().substring(start, text().indexOf(';', start));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

package org.stoneware.tomcat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A browser that sees every byte when it arrives, and how the connection ends. */
final class RawBrowser implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;
    private final ByteArrayOutputStream seen = new ByteArrayOutputStream();

    RawBrowser(int port) throws IOException {
        socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(20_000);
        in = socket.getInputStream();
    }

    RawBrowser get(String path, String sessionId) throws IOException {
        String cookie = sessionId == null ? "" : "Cookie: JSESSIONID=" + sessionId + "\r\n";
        String request = "GET /shop" + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + cookie + "\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    /** Reads until the text has arrived; what came so far. */
    String readUntil(String text) throws IOException {
        while (!text().contains(text)) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("connection ended before \"" + text + "\": " + text());
            }
            seen.write(next);
        }
        return text();
    }

    /** Reads until the connection ends, in whatever way. */
    String readToEnd() {
        try {
            for (int next = in.read(); next >= 0; next = in.read()) {
                seen.write(next);
            }
        } catch (IOException e) {
            // A reset is an end too.
        }
        return text();
    }

    String text() {
        return seen.toString(StandardCharsets.ISO_8859_1);
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

package org.stoneware.tomcat;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * A web server in front of Tomcat that speaks AJP 1.3, sees every message when it arrives, and how a response ends.
 * <pre>
 * to Tomcat    12 34, length(2), 2 forward request ...
 * from Tomcat  'A' 'B', length(2), 4 head | 3 piece of the body | 5 end, reuse(1)
 * string       length(2), bytes, 0; ffff is none
 * </pre>
 */
final class AjpProxy implements AutoCloseable {
    private static final int MAX_PACKET = 8192;
    private static final int FORWARD_REQUEST = 2;
    private static final int SEND_BODY_CHUNK = 3;
    private static final int SEND_HEADERS = 4;
    private static final int END_RESPONSE = 5;
    private static final int METHOD_GET = 2;
    private static final int HEADER_COOKIE = 0xA009;
    private static final int HEADER_HOST = 0xA00B;
    private static final int HEADER_SET_COOKIE = 0xA007;
    private static final int HEADERS_WITH_CODE = 0xA000;
    private static final int NULL_STRING = 0xFFFF;
    private static final int END_OF_ATTRIBUTES = 0xFF;

    /** How a response ended. */
    enum End {
        /** In good order; the connection serves the next request. */
        REUSE,
        /** In good order; Tomcat closes the connection. */
        CLOSE,
        /** Not at all: the connection broke off, and no proxy takes what came for a whole response. */
        TORN
    }

    private final Socket socket;
    private final DataInputStream in;
    private final StringBuilder body = new StringBuilder();
    private final Map<String, String> headers = new HashMap<>();
    private int heads;
    private int status;
    private End end;

    AjpProxy(int port) throws IOException {
        socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(20_000);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    }

    /** Forwards a request to the test application; what came for the one before is forgotten. */
    AjpProxy get(String path, String sessionId) throws IOException {
        body.setLength(0);
        headers.clear();
        heads = 0;
        status = 0;
        end = null;
        ByteBuffer packet = ByteBuffer.allocate(MAX_PACKET).putShort((short) 0x1234);
        packet.putShort((short) 0).put((byte) FORWARD_REQUEST).put((byte) METHOD_GET);
        put(packet, "HTTP/1.1");
        put(packet, "/shop" + path);
        put(packet, "127.0.0.1");
        put(packet, "browser");
        put(packet, "localhost");
        packet.putShort((short) 80).put((byte) 0);
        packet.putShort((short) (sessionId == null ? 1 : 2)).putShort((short) HEADER_HOST);
        put(packet, "localhost");
        if (sessionId != null) {
            packet.putShort((short) HEADER_COOKIE);
            put(packet, "JSESSIONID=" + sessionId);
        }
        packet.put((byte) END_OF_ATTRIBUTES);
        packet.putShort(2, (short) (packet.position() - 4));
        socket.getOutputStream().write(packet.array(), 0, packet.position());
        return this;
    }

    private static void put(ByteBuffer packet, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        packet.putShort((short) bytes.length).put(bytes).put((byte) 0);
    }

    /** Reads until the text has arrived in the body. */
    void readUntil(String text) throws IOException {
        while (body.indexOf(text) < 0) {
            if (!readMessage()) {
                throw new IOException("response ended before \"" + text + "\": " + end + " " + status + " " + body);
            }
        }
    }

    void readHead() throws IOException {
        while (heads == 0 && readMessage()) {
            // Goes on until the head is there.
        }
    }

    End readToEnd() throws IOException {
        while (readMessage()) {
            // Goes on until the response ends, in whatever way.
        }
        return end;
    }

    /** True when the next message was not the last one. */
    private boolean readMessage() throws IOException {
        try {
            int magic = in.readUnsignedShort();
            byte[] message = new byte[in.readUnsignedShort()];
            in.readFully(message);
            if (magic != ('A' << 8 | 'B')) {
                throw new AssertionError("no AJP message: " + Integer.toHexString(magic));
            }
            onMessage(ByteBuffer.wrap(message));
        } catch (EOFException e) {
            end = End.TORN;
        }
        return end == null;
    }

    private void onMessage(ByteBuffer message) {
        int type = message.get();
        switch (type) {
            case SEND_HEADERS -> onHead(message);
            case SEND_BODY_CHUNK -> {
                byte[] piece = new byte[Short.toUnsignedInt(message.getShort())];
                message.get(piece);
                body.append(new String(piece, StandardCharsets.ISO_8859_1));
            }
            case END_RESPONSE -> end = message.get() == 0 ? End.CLOSE : End.REUSE;
            default -> throw new AssertionError("unknown AJP message " + type);
        }
    }

    private void onHead(ByteBuffer message) {
        heads++;
        status = message.getShort();
        string(message);
        for (int i = Short.toUnsignedInt(message.getShort()); i > 0; i--) {
            int lengthOrCode = Short.toUnsignedInt(message.getShort(message.position()));
            String name;
            if (lengthOrCode >= HEADERS_WITH_CODE && lengthOrCode != NULL_STRING) {
                message.getShort();
                name = lengthOrCode == HEADER_SET_COOKIE ? "set-cookie" : Integer.toHexString(lengthOrCode);
            } else {
                name = string(message).toLowerCase(java.util.Locale.ROOT);
            }
            headers.put(name, string(message));
        }
    }

    private static String string(ByteBuffer message) {
        int length = Short.toUnsignedInt(message.getShort());
        if (length == NULL_STRING) {
            return "";
        }
        byte[] bytes = new byte[length];
        message.get(bytes);
        message.get();
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** True when a byte of a response has arrived that was not read yet. */
    boolean hasUnread() throws IOException {
        return in.available() > 0;
    }

    int status() {
        return status;
    }

    /** Heads that came for this request; more than one is two responses to one request. */
    int heads() {
        return heads;
    }

    String header(String name) {
        return headers.get(name);
    }

    String body() {
        return body.toString();
    }

    /** The session id the response gives the browser; null when it gives none. */
    String sessionId() {
        String cookie = headers.get("set-cookie");
        return cookie == null ? null : cookie.substring("JSESSIONID=".length(), cookie.indexOf(';'));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

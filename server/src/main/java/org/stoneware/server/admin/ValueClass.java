package org.stoneware.server.admin;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;

/**
 * Tells the class of an attribute's value from the first bytes of its serialized form, for people who look for what fills their
 * sessions. Reads bytes only: no class is loaded and no object made. The bytes come from outside; whatever is not as expected gives an
 * empty name.
 * <pre>
 * offset  length  field
 *      0       1  form: 0 serialized by Java, 1 String, 2 Integer, 3 Long, 4 Boolean
 *      1       4  form 0: magic AC ED, version 00 05
 *      5       1  what was written: object, array, enum, string, class
 *      6       1  class description
 *      7       2  name length n (big endian)
 *      9       n  name
 * </pre>
 */
final class ValueClass {
    static final int MAX_NAME_LENGTH = 512;

    private static final int STREAM_START = 1;
    private static final int STREAM_MAGIC_AND_VERSION = 0xACED0005;
    private static final byte TC_NULL = 0x70;
    private static final byte TC_CLASS_DESC = 0x72;
    private static final byte TC_OBJECT = 0x73;
    private static final byte TC_STRING = 0x74;
    private static final byte TC_ARRAY = 0x75;
    private static final byte TC_CLASS = 0x76;
    private static final byte TC_LONG_STRING = 0x7C;
    private static final byte TC_PROXY_CLASS_DESC = 0x7D;
    private static final byte TC_ENUM = 0x7E;

    private ValueClass() {}

    /** Name of the class as in a program, for example {@code java.util.ArrayList} or {@code byte[]}; empty when it can't be told. */
    static String of(DirectBuffer buffer, int offset, int length) {
        if (length < 1) {
            return "";
        }
        return switch (buffer.getByte(offset)) {
            case 0 -> ofStream(buffer, offset + STREAM_START, length - STREAM_START);
            case 1 -> "java.lang.String";
            case 2 -> "java.lang.Integer";
            case 3 -> "java.lang.Long";
            case 4 -> "java.lang.Boolean";
            default -> "";
        };
    }

    private static String ofStream(DirectBuffer buffer, int offset, int length) {
        if (length < 5 || buffer.getInt(offset, ByteOrder.BIG_ENDIAN) != STREAM_MAGIC_AND_VERSION) {
            return "";
        }
        return switch (buffer.getByte(offset + 4)) {
            case TC_OBJECT, TC_ENUM -> described(buffer, offset + 5, length - 5);
            case TC_ARRAY -> arrayName(described(buffer, offset + 5, length - 5));
            case TC_STRING, TC_LONG_STRING -> "java.lang.String";
            case TC_CLASS -> "java.lang.Class";
            case TC_NULL -> "null";
            default -> "";
        };
    }

    private static String described(DirectBuffer buffer, int offset, int length) {
        if (length >= 1 && buffer.getByte(offset) == TC_PROXY_CLASS_DESC) {
            return "java.lang.reflect.Proxy";
        }
        if (length < 3 || buffer.getByte(offset) != TC_CLASS_DESC) {
            return "";
        }
        int nameLength = buffer.getShort(offset + 1, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        if (nameLength > length - 3 || nameLength > MAX_NAME_LENGTH) {
            return "";
        }
        byte[] bytes = new byte[nameLength];
        buffer.getBytes(offset + 3, bytes);
        String name = new String(bytes, StandardCharsets.UTF_8);
        return isClassName(name) ? name : "";
    }

    /** Stricter than the JVM: what looks like no name of a class is not shown as one. */
    private static boolean isClassName(String name) {
        int start = 0;
        int dimensions = 0;
        while (dimensions < name.length() && name.charAt(dimensions) == '[') {
            dimensions++;
        }
        if (dimensions > 0) {
            String element = name.substring(dimensions);
            boolean isPrimitive = element.length() == 1 && "BCDFIJSZ".contains(element);
            if (isPrimitive) {
                return true;
            }
            if (!element.startsWith("L") || !element.endsWith(";")) {
                return false;
            }
            start = dimensions + 1;
        }
        int end = dimensions > 0 ? name.length() - 1 : name.length();
        return isDottedName(name, start, end);
    }

    private static boolean isDottedName(String name, int start, int end) {
        boolean isPartStart = true;
        for (int i = start; i < end; i++) {
            char c = name.charAt(i);
            boolean isDot = c == '.' && !isPartStart;
            boolean isPart = Character.isJavaIdentifierPart(c) && !Character.isIdentifierIgnorable(c);
            if (!isDot && !isPart && c != '-') {
                return false;
            }
            isPartStart = isDot;
        }
        return !isPartStart;
    }

    private static String arrayName(String name) {
        int dimensions = 0;
        while (dimensions < name.length() && name.charAt(dimensions) == '[') {
            dimensions++;
        }
        if (dimensions == 0) {
            return "";
        }
        String element = name.substring(dimensions);
        String readable =
                switch (element.charAt(0)) {
                    case 'B' -> "byte";
                    case 'C' -> "char";
                    case 'D' -> "double";
                    case 'F' -> "float";
                    case 'I' -> "int";
                    case 'J' -> "long";
                    case 'S' -> "short";
                    case 'Z' -> "boolean";
                    default -> element.substring(1, element.length() - 1);
                };
        return readable + "[]".repeat(dimensions);
    }
}

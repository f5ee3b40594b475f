package org.stoneware.config;

import java.io.StringReader;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.xml.XMLConstants;
import javax.xml.stream.Location;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * Turns XML text into elements that know their place. Refuses any DOCTYPE and reaches for nothing outside the text.
 * <p>
 * <b>Limits:</b> {@link #MAX_LENGTH} characters, {@link #MAX_DEPTH} levels.
 */
final class XmlReader {
    static final int MAX_LENGTH = 1 << 20;
    static final int MAX_DEPTH = 64;
    private static final Pattern PARSER_NOISE =
            Pattern.compile("(?s)^ParseError at \\[row,col\\]:\\[\\d+,\\d+\\]\\s*Message: ");

    private final String text;
    private final Problems problems;
    private final int[] lineStarts;
    private final Deque<ConfigElement> open = new ArrayDeque<>();
    private @Nullable ConfigElement root;

    private XmlReader(String text, Problems problems) {
        this.text = text;
        this.problems = problems;
        this.lineStarts = lineStarts(text);
    }

    /** The root element, or null when the text is not well-formed; then {@code problems} says why. */
    static @Nullable ConfigElement read(String text, Problems problems) {
        if (text.length() > MAX_LENGTH) {
            problems.error(
                    Position.NONE,
                    "",
                    "the file has " + text.length() + " characters",
                    "at most " + MAX_LENGTH,
                    "a tc-config.xml has a few thousand; is this the right file?");
            return null;
        }
        // XML itself makes one line end of CR LF; doing it first keeps our positions and the parser's the same.
        return new XmlReader(text.replace("\r\n", "\n").replace('\r', '\n'), problems).read();
    }

    private @Nullable ConfigElement read() {
        try {
            XMLStreamReader reader = factory().createXMLStreamReader(new StringReader(text));
            while (reader.hasNext()) {
                if (!accept(reader.next(), reader)) {
                    return null;
                }
            }
            return root;
        } catch (XMLStreamException e) {
            notWellFormed(e);
            return null;
        }
    }

    private static XMLInputFactory factory() {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_COALESCING, true);
        factory.setProperty(XMLConstants.ACCESS_EXTERNAL_DTD, "");
        factory.setXMLResolver((publicId, systemId, baseUri, namespace) -> {
            throw new XMLStreamException("refers to something outside the file: " + systemId);
        });
        return factory;
    }

    private boolean accept(int event, XMLStreamReader reader) {
        switch (event) {
            case XMLStreamConstants.DTD -> {
                refuseDoctype(offset(reader.getLocation()));
                return false;
            }
            case XMLStreamConstants.START_ELEMENT -> {
                return start(reader);
            }
            case XMLStreamConstants.END_ELEMENT -> open.pop();
            case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> {
                ConfigElement element = open.peek();
                if (element != null) {
                    element.append(reader.getText());
                }
            }
            case XMLStreamConstants.ENTITY_REFERENCE -> {
                problems.error(
                        positionOf(Math.max(0, text.lastIndexOf('&', offset(reader.getLocation())))),
                        "",
                        "unknown entity '&" + reader.getLocalName() + ";'",
                        "&lt; &gt; &amp; &apos; &quot; and &#...;",
                        "write the character itself");
                return false;
            }
            default -> {
                // comments, processing instructions and blanks say nothing
            }
        }
        return true;
    }

    private void refuseDoctype(int endOffset) {
        int start = Math.max(0, text.lastIndexOf("<!DOCTYPE", endOffset));
        problems.error(
                positionOf(start),
                "",
                "the file has a <!DOCTYPE> declaration, which could pull in other files",
                "no DOCTYPE",
                "delete the declaration and write the text it stands for in its place");
    }

    private boolean start(XMLStreamReader reader) {
        int tagEnd = offset(reader.getLocation());
        // No '<' may stand inside a tag, so the last one before its end is its start.
        int tagStart = Math.max(0, text.lastIndexOf('<', tagEnd - 1));
        Position position = positionOf(tagStart);
        ConfigElement parent = open.peek();
        String path = path(parent, reader.getLocalName());
        if (open.size() >= MAX_DEPTH) {
            problems.error(
                    position,
                    path,
                    "elements are nested deeper than " + MAX_DEPTH,
                    "at most " + MAX_DEPTH + " levels",
                    "");
            return false;
        }
        String namespace = reader.getNamespaceURI() == null ? "" : reader.getNamespaceURI();
        ConfigElement element =
                new ConfigElement(reader.getLocalName(), namespace, path, position, positionOf(valueStart(tagEnd)));
        for (int index = 0; index < reader.getAttributeCount(); index++) {
            addAttribute(element, reader, index, tagStart, tagEnd);
        }
        if (parent == null) {
            root = element;
        } else {
            parent.add(element);
        }
        open.push(element);
        return true;
    }

    private void addAttribute(ConfigElement element, XMLStreamReader reader, int index, int tagStart, int tagEnd) {
        String namespace = reader.getAttributeNamespace(index);
        if (namespace != null && !namespace.isEmpty()) {
            return; // xsi:schemaLocation and the like: never looked at, never fetched
        }
        String name = reader.getAttributeLocalName(index);
        Matcher matcher = Pattern.compile("\\s" + Pattern.quote(name) + "\\s*=\\s*[\"']")
                .matcher(text)
                .region(tagStart, tagEnd);
        Position position = positionOf(matcher.find() ? matcher.end() : tagStart);
        element.add(new ConfigElement.Attribute(name, reader.getAttributeValue(index), position));
    }

    /** {@code tc-config} itself is left out; repeatable elements are numbered from 1. */
    private static String path(@Nullable ConfigElement parent, String name) {
        if (parent == null) {
            return name;
        }
        String step = TcSchema.isRepeatable(name)
                ? name + "[" + (parent.children(name).size() + 1) + "]"
                : name;
        return parent.path().equals(TcSchema.ROOT) ? step : parent.path() + "/" + step;
    }

    /** First character of an element's value: blanks and comments skipped. */
    private int valueStart(int tagEnd) {
        int offset = tagEnd;
        while (offset < text.length()) {
            if (Character.isWhitespace(text.charAt(offset))) {
                offset++;
            } else if (text.startsWith("<!--", offset) && text.indexOf("-->", offset) > 0) {
                offset = text.indexOf("-->", offset) + 3;
            } else if (text.startsWith("<![CDATA[", offset)) {
                offset += 9;
            } else {
                break;
            }
        }
        return offset;
    }

    private void notWellFormed(XMLStreamException failure) {
        Location location = failure.getLocation();
        Position position = location == null || location.getLineNumber() < 1
                ? new Position(1, 1)
                : new Position(location.getLineNumber(), Math.max(1, location.getColumnNumber()));
        String message = failure.getMessage() == null ? "" : failure.getMessage();
        String reason = PARSER_NOISE.matcher(message).replaceFirst("").strip().replaceAll("\\s+", " ");
        String advice = "repair the file at this place; every opened element needs its closing tag";
        if (text.isBlank()) {
            reason = "the file is empty";
            advice = "is this the right file?";
        } else if (root == null && !text.startsWith("<")) {
            reason = "something stands before the first '<'";
            advice = "delete it";
        } else if (!open.isEmpty()
                && location != null
                && offset(location) >= text.stripTrailing().length()) {
            reason = "the text ends inside <" + open.peek().name() + ">";
        }
        problems.error(position, "", "not well-formed XML: " + reason, "", advice);
    }

    private int offset(Location location) {
        int line = Math.min(Math.max(1, location.getLineNumber()), lineStarts.length);
        return Math.min(text.length(), lineStarts[line - 1] + Math.max(0, location.getColumnNumber() - 1));
    }

    private Position positionOf(int offset) {
        int line = Arrays.binarySearch(lineStarts, offset);
        if (line < 0) {
            line = -line - 2;
        }
        return new Position(line + 1, offset - lineStarts[line] + 1);
    }

    private static int[] lineStarts(String text) {
        return IntStream.concat(
                        IntStream.of(0),
                        IntStream.range(0, text.length())
                                .filter(index -> text.charAt(index) == '\n')
                                .map(index -> index + 1))
                .toArray();
    }
}

package org.stoneware.launcher;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.XMLConstants;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.parsers.SAXParser;
import javax.xml.parsers.SAXParserFactory;
import org.jspecify.annotations.Nullable;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;
import org.xml.sax.helpers.DefaultHandler;

/**
 * A Tomcat's {@code context.xml}, edited as text: comments, layout, line ends and encoding stay as the user left them.
 * <p>
 * A real parser decides first whether the file is well-formed; only then are tags looked for, so the search need not understand
 * broken files. The text holds one character per byte, whatever the encoding: everything looked for and added is ASCII.
 */
final class ContextXml {
    /** One char per byte, there and back. */
    private static final Charset BYTES = StandardCharsets.ISO_8859_1;

    private static final Pattern ATTRIBUTE = Pattern.compile("([\\w:.-]+)\\s*=\\s*(\"([^\"]*)\"|'([^']*)')");
    private static final String INDENT = "    ";

    private final String text;
    private final Tag root;
    /** Closing tag of the root; null when the root is {@code <Context/>}. */
    private final @Nullable Tag rootEnd;

    private final List<Tag> children;

    private ContextXml(String text, Tag root, @Nullable Tag rootEnd, List<Tag> children) {
        this.text = text;
        this.root = root;
        this.rootEnd = rootEnd;
        this.children = children;
    }

    /**
     * A tag in the text.
     *
     * @param name       element name.
     * @param attributes text between the name and the end of the tag.
     * @param start      offset of its {@code <}.
     * @param end        offset behind its {@code >}.
     * @param line       line it starts in, from 1.
     */
    record Tag(String name, String attributes, int start, int end, int line) {
        boolean isEnd() {
            return name.startsWith("/");
        }

        boolean isEmpty() {
            return attributes.endsWith("/");
        }

        /** Value of an attribute, or null. */
        @Nullable
        String attribute(String wanted) {
            Matcher found = ATTRIBUTE.matcher(attributes);
            while (found.find()) {
                if (found.group(1).equals(wanted)) {
                    return found.group(3) == null ? found.group(4) : found.group(3);
                }
            }
            return null;
        }
    }

    /**
     * Reads a file.
     *
     * @throws ProgramException when it is not the context.xml of a Tomcat, with line and column where there is one.
     */
    static ContextXml parse(byte[] content) throws ProgramException {
        requireWellFormed(content);
        String text = new String(content, BYTES);
        if (content.length > 1
                && (content[0] == 0 || content[1] == 0 || content[0] == (byte) 0xFE || content[0] == (byte) 0xFF)) {
            throw refused("it is written in UTF-16; save it as UTF-8 first");
        }
        List<Tag> tags = tags(text);
        Tag root = tags.get(0);
        if (!root.name().equals("Context")) {
            throw refused("its outermost element is <" + root.name()
                    + ">, not <Context>; is this Tomcat's conf/context.xml?");
        }
        List<Tag> children = new ArrayList<>();
        int depth = 0;
        for (Tag tag : tags) {
            if (tag.isEnd()) {
                depth--;
                continue;
            }
            if (depth > 0 && tag.name().equals("Context")) {
                throw refused("there is a second <Context> in line " + tag.line() + "; leave one only");
            }
            if (depth == 1) {
                children.add(tag);
            }
            if (!tag.isEmpty()) {
                depth++;
            }
        }
        return new ContextXml(text, root, root.isEmpty() ? null : tags.get(tags.size() - 1), children);
    }

    byte[] content() {
        return text.getBytes(BYTES);
    }

    /** Elements of this name directly below {@code <Context>}, in order. */
    List<Tag> children(String name) {
        return children.stream().filter(tag -> tag.name().equals(name)).toList();
    }

    /** The same file with an empty element added as the last one. */
    ContextXml withElement(String element) throws ProgramException {
        String lineEnd = text.contains("\r\n") ? "\r\n" : "\n";
        String addition = INDENT + element + lineEnd;
        if (rootEnd == null) {
            String open = text.substring(root.start(), root.end());
            open = open.substring(0, open.lastIndexOf('/')).stripTrailing() + ">";
            return parse(replace(root.start(), root.end(), open + lineEnd + addition + "</Context>"));
        }
        int lineStart = startOfLine(rootEnd.start());
        if (text.substring(lineStart, rootEnd.start()).isBlank()) {
            return parse(replace(lineStart, lineStart, addition));
        }
        return parse(replace(rootEnd.start(), rootEnd.start(), lineEnd + addition));
    }

    /** The same file with the value of one attribute replaced; everything else of the element stays. */
    ContextXml withAttribute(Tag tag, String name, String value) throws ProgramException {
        int attributesStart = tag.start() + 1 + tag.name().length();
        Matcher found = ATTRIBUTE.matcher(tag.attributes());
        while (found.find()) {
            if (found.group(1).equals(name)) {
                return parse(
                        replace(attributesStart + found.start(2), attributesStart + found.end(2), "\"" + value + "\""));
            }
        }
        return parse(replace(attributesStart, attributesStart, " " + name + "=\"" + value + "\""));
    }

    /** The same file without this element, and without its line when it stood alone there. */
    ContextXml without(Tag tag) throws ProgramException {
        int end = tag.isEmpty() ? tag.end() : text.indexOf('>', text.indexOf("</" + tag.name(), tag.end())) + 1;
        int lineStart = startOfLine(tag.start());
        int lineEnd = text.indexOf('\n', end);
        boolean isAlone = text.substring(lineStart, tag.start()).isBlank()
                && lineEnd >= 0
                && text.substring(end, lineEnd).isBlank();
        return parse(isAlone ? replace(lineStart, lineEnd + 1, "") : replace(tag.start(), end, ""));
    }

    private int startOfLine(int offset) {
        return text.lastIndexOf('\n', offset - 1) + 1;
    }

    private byte[] replace(int start, int end, String replacement) {
        return (text.substring(0, start) + replacement + text.substring(end)).getBytes(BYTES);
    }

    private static ProgramException refused(String why) {
        return new ProgramException(ExitCode.CONFIGURATION, why);
    }

    private static void requireWellFormed(byte[] content) throws ProgramException {
        try {
            SAXParserFactory factory = SAXParserFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            SAXParser parser = factory.newSAXParser();
            parser.parse(new ByteArrayInputStream(content), new DefaultHandler() {
                @Override
                public void fatalError(SAXParseException e) throws SAXException {
                    throw e;
                }
            });
        } catch (SAXParseException e) {
            throw refused("it is not well-formed XML at line " + e.getLineNumber() + ", column " + e.getColumnNumber()
                    + ": " + e.getMessage());
        } catch (SAXException | IOException | ParserConfigurationException e) {
            throw refused("it cannot be parsed: " + e.getMessage());
        }
    }

    /** Start and end tags of a well-formed document, comments and the like passed over. */
    private static List<Tag> tags(String text) {
        List<Tag> tags = new ArrayList<>();
        int line = 1;
        int counted = 0;
        int at = text.indexOf('<');
        while (at >= 0) {
            int end;
            if (text.startsWith("<!--", at)) {
                end = text.indexOf("-->", at + 4) + 3;
            } else if (text.startsWith("<![CDATA[", at)) {
                end = text.indexOf("]]>", at) + 3;
            } else if (text.startsWith("<?", at)) {
                end = text.indexOf("?>", at) + 2;
            } else {
                end = endOfTag(text, at);
                // The first character belongs to the name in any case: it is the slash of an end tag.
                int nameEnd = at + 2;
                while (nameEnd < end - 1 && " \t\r\n/".indexOf(text.charAt(nameEnd)) < 0) {
                    nameEnd++;
                }
                for (; counted < at; counted++) {
                    line += text.charAt(counted) == '\n' ? 1 : 0;
                }
                tags.add(new Tag(text.substring(at + 1, nameEnd), text.substring(nameEnd, end - 1), at, end, line));
            }
            at = text.indexOf('<', end);
        }
        return tags;
    }

    /** A {@code >} inside quotes does not end a tag. */
    private static int endOfTag(String text, int start) {
        char quote = 0;
        for (int i = start; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '"' || c == '\'') {
                quote = c;
            } else if (c == '>') {
                return i + 1;
            }
        }
        return text.length();
    }
}

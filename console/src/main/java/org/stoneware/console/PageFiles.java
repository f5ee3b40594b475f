package org.stoneware.console;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** The files of the status page, by the path they are served at. */
final class PageFiles {
    private PageFiles() {}

    static Map<String, Answer> load() {
        Map<String, Answer> files = new LinkedHashMap<>();
        files.put("/", file("page/index.html", "text/html; charset=utf-8"));
        files.put("/console.css", file("page/console.css", "text/css; charset=utf-8"));
        files.put("/console.js", file("page/console.js", "text/javascript; charset=utf-8"));
        files.put("/icon.svg", file("page/icon.svg", "image/svg+xml"));
        return files;
    }

    private static Answer file(String name, String contentType) {
        try (InputStream in = PageFiles.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("bundle is incomplete: missing=" + name);
            }
            return new Answer(200, contentType, in.readAllBytes(), Map.of());
        } catch (IOException e) {
            throw new UncheckedIOException("bundle cannot be read: file=" + name, e);
        }
    }
}

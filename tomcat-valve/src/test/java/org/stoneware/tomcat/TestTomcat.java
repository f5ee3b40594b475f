package org.stoneware.tomcat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import javax.servlet.ServletException;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.agrona.IoUtil;
import org.apache.catalina.Context;
import org.apache.catalina.Globals;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.Wrapper;
import org.apache.catalina.startup.Tomcat;

/** A real Tomcat in this process with the valve in its context, and a browser that keeps one cookie. */
final class TestTomcat implements AutoCloseable {
    static final String APPLICATION = "localhost/shop";

    /** What one path of the test application does. */
    @FunctionalInterface
    interface Page {
        void serve(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException;
    }

    private final Tomcat tomcat = new Tomcat();
    private final HttpClient browser = HttpClient.newHttpClient();
    private final Path directory;
    private final Map<String, Page> pages = new ConcurrentHashMap<>();
    final Context context;
    final SessionValve valve;

    TestTomcat(ClientSource source) throws IOException {
        this(source, context -> {});
    }

    TestTomcat(ClientSource source, Consumer<Context> configuration) throws IOException {
        directory = Files.createTempDirectory("valve-test");
        tomcat.setBaseDir(directory.toString());
        tomcat.setPort(0);
        tomcat.setSilent(true);
        tomcat.getConnector().setProperty("maxKeepAliveRequests", "-1");
        // What one request leaves behind on its processor, the next one finds.
        tomcat.getConnector().setProperty("processorCache", "1");
        // Nothing is tidied up in the background: what a request leaves behind stays visible.
        tomcat.getEngine().setBackgroundProcessorDelay(-1);
        Files.createDirectories(directory.resolve("webapps"));
        context = tomcat.addContext("/shop", directory.toString());
        valve = new SessionValve(source);
        valve.setTcConfigUrl("127.0.0.1:9510");
        context.getPipeline().addValve(valve);
        Wrapper wrapper = Tomcat.addServlet(context, "pages", new PagesServlet());
        wrapper.setAsyncSupported(true);
        context.addServletMappingDecoded("/*", "pages");
        configuration.accept(context);
    }

    TestTomcat page(String path, Page page) {
        pages.put(path, page);
        return this;
    }

    TestTomcat start() throws LifecycleException {
        tomcat.start();
        return this;
    }

    Tomcat tomcat() {
        return tomcat;
    }

    int port() {
        return tomcat.getConnector().getLocalPort();
    }

    HttpResponse<String> get(String path, String sessionId) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + "/shop" + path));
        if (sessionId != null) {
            request.header("Cookie", "JSESSIONID=" + sessionId);
        }
        return browser.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** The session id a response gives the browser; null when it gives none. */
    static String sessionId(HttpResponse<?> response) {
        List<String> found = new ArrayList<>();
        for (String cookie : response.headers().allValues("Set-Cookie")) {
            if (cookie.startsWith("JSESSIONID=")) {
                found.add(cookie.substring("JSESSIONID=".length(), cookie.indexOf(';')));
            }
        }
        return found.isEmpty() ? null : found.get(found.size() - 1);
    }

    @Override
    public void close() throws LifecycleException {
        try {
            tomcat.stop();
            tomcat.destroy();
        } finally {
            // The first Tomcat of a process leaves its home there, and each later one would make that directory again.
            System.clearProperty(Globals.CATALINA_HOME_PROP);
            IoUtil.delete(directory.toFile(), false);
        }
    }

    private final class PagesServlet extends HttpServlet {
        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response)
                throws ServletException, IOException {
            Page page = pages.get(request.getPathInfo());
            if (page == null) {
                response.sendError(404);
            } else {
                page.serve(request, response);
            }
        }
    }
}

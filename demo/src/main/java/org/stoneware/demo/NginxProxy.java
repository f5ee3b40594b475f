package org.stoneware.demo;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A real nginx with a configuration and a directory of its own: round robin, no stickiness. Needs no privileges and leaves an nginx
 * that is already running alone.
 */
public final class NginxProxy implements FrontDoor {
    private static final Duration START_PATIENCE = Duration.ofSeconds(20);

    private final ChildProcess process;
    private final int port;

    private NginxProxy(ChildProcess process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Where nginx is installed, if it is. */
    public static Optional<Path> find() {
        String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/usr/local/sbin:/opt/homebrew/bin";
        return Stream.of(path.split(":"))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, "nginx"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Starts nginx and waits until it serves {@code /plain.txt} from one of the Tomcats.
     *
     * @param program   nginx itself.
     * @param directory for its configuration, logs and temporary files.
     * @param tomcats   where they serve, {@code host:port}.
     */
    public static NginxProxy start(Path program, Path directory, int port, List<String> tomcats) throws IOException {
        Files.createDirectories(directory);
        Path configuration = directory.resolve("nginx.conf");
        Files.writeString(configuration, configuration(port, tomcats));
        ChildProcess process = ChildProcess.start(
                "nginx",
                List.of(
                        program.toString(),
                        "-p",
                        directory.toString(),
                        "-c",
                        configuration.toString(),
                        "-e",
                        directory.resolve("error.log").toString()),
                Map.of(),
                directory,
                directory.resolve("nginx.out"));
        NginxProxy proxy = new NginxProxy(process, port);
        try {
            Await.until(
                    "nginx serves",
                    START_PATIENCE,
                    () -> Page.isServed(proxy.uri("/plain.txt")),
                    () -> "nginx printed:\n" + process.output());
        } catch (RuntimeException e) {
            proxy.close();
            throw e;
        }
        return proxy;
    }

    private static String configuration(int port, List<String> tomcats) {
        String servers = tomcats.stream()
                .map(tomcat -> "    server " + tomcat + " max_fails=1 fail_timeout=2s;")
                .collect(Collectors.joining("\n"));
        // One process, so that its end, however it comes, leaves nothing behind.
        return """
                daemon off;
                master_process off;
                pid nginx.pid;
                error_log error.log;
                events { worker_connections 256; }
                http {
                  access_log off;
                  client_body_temp_path body;
                  proxy_temp_path proxy;
                  fastcgi_temp_path fastcgi;
                  uwsgi_temp_path uwsgi;
                  scgi_temp_path scgi;
                  upstream tomcats {
                %s
                  }
                  server {
                    listen 127.0.0.1:%d;
                    location / {
                      proxy_pass http://tomcats;
                      proxy_http_version 1.1;
                      proxy_set_header Connection "";
                      proxy_set_header Host $http_host;
                      proxy_set_header X-Forwarded-For $remote_addr;
                      proxy_connect_timeout 1s;
                      proxy_read_timeout 60s;
                    }
                  }
                }
                """
                .formatted(servers, port);
    }

    public ChildProcess process() {
        return process;
    }

    @Override
    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    @Override
    public String describe() {
        return "nginx, round robin, no stickiness";
    }

    @Override
    public void close() {
        process.close();
    }
}

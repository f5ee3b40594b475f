<%@ page contentType="text/html; charset=UTF-8" pageEncoding="UTF-8" trimDirectiveWhitespaces="true"
         import="java.io.*,java.net.*,java.nio.charset.StandardCharsets,java.util.*,java.util.regex.*" %><%!
    static String escape(Object value) {
        return String.valueOf(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    /** Roles by server name, from the first server that answers; empty when none does. */
    static Map<String, String> roles() {
        Pattern entry = Pattern.compile(
                "\"name\"\\s*:\\s*\"([^\"]*)\"(?:(?!\"name\"\\s*:).)*?\"role\"\\s*:\\s*\"([^\"]*)\"", Pattern.DOTALL);
        Map<String, String> roles = new LinkedHashMap<>();
        for (String server : System.getProperty("stoneware.demo.management", "").split(",")) {
            try {
                URLConnection connection = URI.create(server + "/api/v1/cluster").toURL().openConnection();
                connection.setConnectTimeout(300);
                connection.setReadTimeout(700);
                try (InputStream in = connection.getInputStream()) {
                    Matcher entries = entry.matcher(new String(in.readAllBytes(), StandardCharsets.UTF_8));
                    while (entries.find()) {
                        roles.putIfAbsent(entries.group(1), entries.group(2));
                    }
                }
                return roles;
            } catch (IOException | IllegalArgumentException e) {
                // This one is down; the next may know.
            }
        }
        return roles;
    }
%><%
    String self = request.getRequestURI();
    boolean isRefreshing = request.getParameter("refresh") != null;
    if (request.getParameter("end") != null) {
        session.invalidate();
        response.sendRedirect(self);
        return;
    }
    String name = request.getParameter("name");
    if (name != null && !name.isBlank()) {
        session.setAttribute(name.trim(), request.getParameter("value"));
        response.sendRedirect(self);
        return;
    }
    int count;
    synchronized (("counter of " + session.getId()).intern()) {
        Integer before = (Integer) session.getAttribute("counter");
        count = before == null ? 1 : before + 1;
        session.setAttribute("counter", count);
    }
    Map<String, String> roles = roles();
    String active = "none answers";
    for (Map.Entry<String, String> server : roles.entrySet()) {
        if ("ACTIVE-COORDINATOR".equals(server.getValue())) {
            active = server.getKey();
        }
    }
%><!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<title>Stoneware demo</title>
<% if (isRefreshing) { %><meta http-equiv="refresh" content="1"><% } %>
<style>
  body { font: 16px/1.5 sans-serif; margin: 2em auto; max-width: 42em; color: #222; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .35em .6em; border-bottom: 1px solid #ddd; vertical-align: top; overflow-wrap: anywhere; }
  th { width: 12em; font-weight: normal; color: #666; }
  .count { font-size: 2.5em; }
  form { display: inline-block; margin: 1em 1em 0 0; }
</style>
</head>
<body>
<h1>One session, two Tomcats</h1>
<table>
  <tr><th>Counter</th><td class="count" id="counter"><%= count %></td></tr>
  <tr><th>Session</th><td id="session"><%= escape(session.getId()) %></td></tr>
  <tr><th>Answered by</th><td id="tomcat">Tomcat <%= escape(System.getProperty("stoneware.demo.tomcat", "?")) %>
      (<%= escape(application.getServerInfo()) %>)</td></tr>
  <tr><th>Active server</th><td id="active"><%= escape(active) %></td></tr>
<% for (Map.Entry<String, String> server : roles.entrySet()) { %>
  <tr><th><%= escape(server.getKey()) %></th><td><%= escape(server.getValue()) %></td></tr>
<% } %>
</table>
<h2>Attributes</h2>
<table>
<% for (String attribute : Collections.list(session.getAttributeNames())) { %>
  <tr><th><%= escape(attribute) %></th><td><%= escape(session.getAttribute(attribute)) %></td></tr>
<% } %>
</table>
<form method="post"><input name="name" placeholder="name" aria-label="name" required> <input name="value" placeholder="value" aria-label="value"> <button>Set attribute</button></form>
<form method="get"><button>Count again</button></form>
<form method="get"><% if (isRefreshing) { %><button>Stop counting</button><% } else { %><button name="refresh" value="1">Count every second</button><% } %></form>
<form method="post"><button name="end" value="1">End the session</button></form>
</body>
</html>

<%@ page contentType="text/plain; charset=UTF-8" pageEncoding="UTF-8" trimDirectiveWhitespaces="true" %><%
    // Requests of one session on one Tomcat run side by side, here as anywhere; two Tomcats never have it at once.
    int count;
    synchronized (("counter of " + session.getId()).intern()) {
        Integer before = (Integer) session.getAttribute("counter");
        count = before == null ? 1 : before + 1;
        session.setAttribute("counter", count);
    }
    // For measurements: so many bytes that do not repeat, once.
    String ballast = request.getParameter("ballast");
    if (ballast != null && session.getAttribute("ballast") == null) {
        byte[] bytes = new byte[Math.min(Integer.parseInt(ballast), 1 << 20)];
        new java.util.Random().nextBytes(bytes);
        session.setAttribute("ballast", bytes);
    }
%>session=<%= session.getId() %>
counter=<%= count %>
tomcat=<%= System.getProperty("stoneware.demo.tomcat", "port " + request.getLocalPort()) %>

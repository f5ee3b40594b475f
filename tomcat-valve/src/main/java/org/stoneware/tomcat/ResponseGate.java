package org.stoneware.tomcat;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import org.apache.coyote.ActionCode;
import org.apache.coyote.ActionHook;
import org.apache.coyote.CloseNowException;
import org.apache.coyote.OutputBuffer;
import org.apache.coyote.Response;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a response and the protocol handler that sends it, and lets no byte pass before the array holds the session
 * changes made up to that byte.
 * <p>
 * A change the array does not take turns the response into a 503 when nothing has left yet; afterwards the connection is aborted,
 * so that the browser can't take a torn response for a whole one. See ADR 0061.
 * <p>
 * <b>Threading:</b> as Catalina uses a response: one thread at a time, not always the same.
 */
final class ResponseGate implements ActionHook, OutputBuffer {
    private static final VarHandle HOOK;
    private static final VarHandle OUTPUT_BUFFER;

    static {
        try {
            // The fields have no getters. MethodHandles, not reflection: checked once, as fast as a field afterwards.
            MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(Response.class, MethodHandles.lookup());
            HOOK = lookup.findVarHandle(Response.class, "hook", ActionHook.class);
            OUTPUT_BUFFER = lookup.findVarHandle(Response.class, "outputBuffer", OutputBuffer.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Actions that let bytes leave; by name, because older Tomcats do not have all of them. */
    private static final Set<String> COMMIT_POINTS = Set.of("COMMIT", "CLIENT_FLUSH", "CLOSE", "EARLY_HINTS");

    private static final String SENDFILE_ATTRIBUTE = "org.apache.tomcat.sendfile.filename";
    private static final byte[] UNAVAILABLE_BODY =
            "503 Service Unavailable: the session array can not be reached.\n".getBytes(StandardCharsets.UTF_8);

    private enum State {
        /** Bytes pass once the array holds the changes. */
        OPEN,
        /** A 503 has been sent instead of the application's response, whose bytes are swallowed. */
        REPLACED,
        /** The connection is being closed in the middle of the response. */
        ABORTED
    }

    private final Response response;
    private final ActionHook hook;
    private final OutputBuffer outputBuffer;
    private final RequestScope scope;
    private volatile State state = State.OPEN;
    /** The protocol handler has the application's bytes and may ask for the head of the response on the way. */
    private volatile boolean isWriting;

    private volatile boolean isClientGone;

    /** Takes the way out of a protocol handler that asked for the head of a response in the middle of a write, and must not have it. */
    private static final class HeadRefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        HeadRefusedException() {
            super("the array does not hold the session changes of this request");
        }
    }

    private ResponseGate(Response response, ActionHook hook, OutputBuffer outputBuffer, RequestScope scope) {
        this.response = response;
        this.hook = hook;
        this.outputBuffer = outputBuffer;
        this.scope = scope;
    }

    /** Puts a gate in front of the protocol handler of a response. It takes itself away when the response is closed. */
    static ResponseGate install(Response response, RequestScope scope) {
        ActionHook hook = (ActionHook) HOOK.getVolatile(response);
        OutputBuffer buffer = (OutputBuffer) OUTPUT_BUFFER.get(response);
        // A response that was never closed may still have the gate of an earlier scope.
        if (hook instanceof ResponseGate older) {
            hook = older.hook;
        }
        if (buffer instanceof ResponseGate older) {
            buffer = older.outputBuffer;
        }
        ResponseGate gate = new ResponseGate(response, hook, buffer, scope);
        response.setOutputBuffer(gate);
        HOOK.setVolatile(response, gate);
        return gate;
    }

    /** Takes away the gate an earlier request has left in front of a response, if any: an aborted response is never closed. */
    static void removeLeftOver(Response response) {
        if (HOOK.getVolatile(response) instanceof ResponseGate gate) {
            gate.leaveIfAbandoned();
        }
    }

    /** True when the request has gone and the response serves another one, which is none of this gate's business. */
    private boolean leaveIfAbandoned() {
        if (!scope.isAbandoned()) {
            return false;
        }
        scope.finish();
        uninstall();
        return true;
    }

    /** Lets everything pass from now on. */
    void uninstall() {
        if (HOOK.compareAndSet(response, this, hook)) {
            response.setOutputBuffer(outputBuffer);
        }
    }

    @Override
    public void action(ActionCode code, @Nullable Object param) {
        if (!COMMIT_POINTS.contains(code.name()) || leaveIfAbandoned()) {
            hook.action(code, param);
            return;
        }
        boolean isClose = code == ActionCode.CLOSE;
        try {
            // In the middle of a write the look inside was just before.
            if (admit(!isWriting, isClose)) {
                hook.action(code, param);
            } else if (isWriting && !isClose) {
                throw sneaky(new HeadRefusedException());
            } else if (state == State.REPLACED) {
                hook.action(code, param);
            }
        } finally {
            if (isClose) {
                scope.finish();
                uninstall();
            }
        }
    }

    @Override
    public int doWrite(ByteBuffer chunk) throws IOException {
        // Once the head of the response has left, values changed in place are looked for at the actions only: a look
        // costs
        // a serialization of each. The head itself leaves with the first write, in AJP without another action.
        if (leaveIfAbandoned() || admit(!response.isCommitted(), false)) {
            try {
                return write(chunk);
            } catch (HeadRefusedException e) {
                // Dealt with below.
            }
        }
        if (state == State.ABORTED) {
            throw new IOException("response aborted: the array does not hold the session changes of this request");
        }
        int length = chunk.remaining();
        chunk.position(chunk.limit());
        return length;
    }

    private int write(ByteBuffer chunk) throws IOException {
        isWriting = true;
        try {
            return outputBuffer.doWrite(chunk);
        } catch (HeadRefusedException e) {
            throw e;
        } catch (IOException e) {
            isClientGone = true;
            throw e;
        } finally {
            isWriting = false;
        }
    }

    /** True when the browser went away in the middle of the body; Catalina may not close such a response. */
    boolean isClientGone() {
        return isClientGone;
    }

    @Override
    public long getBytesWritten() {
        return outputBuffer.getBytesWritten();
    }

    /** Waits for the array. False when it did not take the changes, and the response has been dealt with. */
    private boolean admit(boolean lookInside, boolean isLast) {
        if (state != State.OPEN) {
            return false;
        }
        if (scope.commit(lookInside, isLast)) {
            return true;
        }
        if (response.isCommitted()) {
            abort();
        } else {
            replace();
        }
        return false;
    }

    private void abort() {
        state = State.ABORTED;
        // Closes the connection once the request is done (HTTP/1.1).
        hook.action(ActionCode.CLOSE_NOW, null);
        AjpConnection.closeUnfinished(hook);
        try {
            response.setTrailerFields(ResponseGate::resetInsteadOfTrailers);
        } catch (IllegalStateException e) {
            // No trailers here: then the protocol ends the response at once, with the connection.
        }
    }

    // HTTP/2 ends even a stream in error in good order, unless that fails; what it asks for last are the trailers.
    private static Map<String, String> resetInsteadOfTrailers() {
        throw sneaky(new CloseNowException("response aborted by the session valve"));
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> RuntimeException sneaky(Throwable e) throws T {
        throw (T) e;
    }

    // Field by field: Response.reset() would also forget a write listener the application has set.
    private void replace() {
        state = State.REPLACED;
        response.getRequest().setAttribute(SENDFILE_ATTRIBUTE, null);
        response.getMimeHeaders().recycle();
        response.setStatus(503);
        response.setContentType("text/plain;charset=utf-8");
        response.setContentLength(UNAVAILABLE_BODY.length);
        response.setHeader("Retry-After", "1");
        hook.action(ActionCode.COMMIT, null);
        response.setCommitted(true);
        try {
            outputBuffer.doWrite(ByteBuffer.wrap(UNAVAILABLE_BODY));
        } catch (IOException e) {
            // The browser is gone; there is nobody to tell.
            state = State.ABORTED;
            hook.action(ActionCode.CLOSE_NOW, null);
        }
    }
}

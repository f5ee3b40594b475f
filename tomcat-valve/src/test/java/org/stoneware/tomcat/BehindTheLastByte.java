package org.stoneware.tomcat;

import java.io.IOException;
import java.lang.reflect.Field;
import javax.servlet.ServletException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.apache.coyote.ActionHook;

/** Does something on the thread of each request when the protocol handler has sent the last byte. */
final class BehindTheLastByte extends ValveBase {
    private final Task task;

    interface Task {
        void run() throws Exception;
    }

    BehindTheLastByte(Task task) {
        this.task = task;
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        org.apache.coyote.Response coyote = response.getCoyoteResponse();
        try {
            Field field = org.apache.coyote.Response.class.getDeclaredField("hook");
            field.setAccessible(true);
            ActionHook hook = (ActionHook) field.get(coyote);
            field.set(coyote, (ActionHook) (code, param) -> {
                hook.action(code, param);
                if (code == ActionCode.CLOSE) {
                    run();
                }
            });
            getNext().invoke(request, response);
            field.set(coyote, hook);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private void run() {
        try {
            task.run();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}

package org.stoneware.tomcat;

import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.apache.coyote.AbstractProcessor;
import org.apache.coyote.ActionHook;
import org.apache.coyote.ajp.AjpProcessor;
import org.apache.tomcat.util.net.SocketWrapperBase;

/**
 * The connection of a web server that speaks AJP. CLOSE_NOW does not close it: the processor ends no response after it, but forgets
 * the error when it makes itself ready for the next request, and the web server waits for the rest until a timeout of its own.
 */
final class AjpConnection {
    private static final Logger LOGGER = System.getLogger(AjpConnection.class.getName());

    private AjpConnection() {}

    /**
     * Closes the connection in the middle of a response; does nothing when the protocol is not AJP.
     * <p>
     * <b>Threading:</b> any thread. Only the channel is closed, never Tomcat's wrapper of it, whose close would recycle a processor
     * that still serves an asynchronous request; Tomcat notices at its next read and tidies up.
     */
    static void closeUnfinished(ActionHook processor) {
        if (!(processor instanceof AjpProcessor)) {
            return;
        }
        try {
            // The getter is protected.
            VarHandle connection = MethodHandles.privateLookupIn(AbstractProcessor.class, MethodHandles.lookup())
                    .findVarHandle(AbstractProcessor.class, "socketWrapper", SocketWrapperBase.class);
            SocketWrapperBase<?> wrapper = (SocketWrapperBase<?>) connection.getVolatile((AbstractProcessor) processor);
            // The channels of NIO and NIO2; the native connector of Tomcat 9 has only a number.
            if (wrapper != null && wrapper.getSocket() instanceof Closeable channel) {
                channel.close();
            }
        } catch (ReflectiveOperationException | IOException e) {
            LOGGER.log(Level.WARNING, "AJP connection stays open behind an aborted response", e);
        }
    }
}

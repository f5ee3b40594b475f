package org.stoneware.spi.transport;

/**
 * Figures of a transport since it was opened.
 *
 * @param framesSent     frames committed.
 * @param framesReceived frames delivered to a listener.
 * @param bytesSent      payload bytes of the frames sent.
 * @param bytesReceived  payload bytes of the frames delivered.
 * @param backPressured  claims refused for want of room.
 * @param framesRejected frames dropped because they were foreign, replayed, malformed or out of sequence.
 * @param rebuilds       times the inner machinery was rebuilt.
 */
public record TransportCounters(
        long framesSent,
        long framesReceived,
        long bytesSent,
        long bytesReceived,
        long backPressured,
        long framesRejected,
        long rebuilds) {}

package org.stoneware.api.cluster;

/**
 * The store of the answering server.
 *
 * @param configuredMode  mode tc-config asks for.
 * @param mode            mode in use, or {@code none}.
 * @param detail          why they differ, or another fact worth showing; may be empty.
 */
public record StorageStatus(
        String configuredMode,
        String mode,
        String detail,
        long sessions,
        long payloadBytes,
        long memoryUsedBytes,
        long memoryMaxBytes,
        long diskUsedBytes,
        long diskMaxBytes) {}

/**
 * The management port of one server. A request goes {@code ManagementPort} (socket, threads, limits) -> {@code Routes} (path, method,
 * headers) -> one route -> {@code ManagementService}, and comes back as an {@code Answer}. Only the first two know the HTTP server of the
 * JDK; everything behind them is plain values.
 */
@NullMarked
package org.stoneware.console;

import org.jspecify.annotations.NullMarked;

// Loaded into the embedded Bentham (`node --import`): counts what its servers are asked, by port.
import { subscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

const file = process.env.BENTHAM_BENCH_REQUESTS;
const counts: Record<string, number> = {};

function count(port: number | undefined): void {
  if (file === undefined || port === undefined) return;
  counts[port] = (counts[port] ?? 0) + 1;
  writeFileSync(file, JSON.stringify(counts));
}

subscribe('http.server.request.start', (message) => {
  const { socket } = message as { socket: Socket };
  count(socket.localPort);
});
// Other protocols: what comes in one piece is one request, or several that were sent together.
subscribe('net.server.socket', (message) => {
  const { socket } = message as { socket: Socket & { server: unknown } };
  if (socket.server instanceof HttpServer || socket.server instanceof TlsServer) return;
  const port = socket.localPort;
  socket.on('data', () => count(port));
});

// Loaded into the embedded Bentham (`node --import`): writes the port of each request that one of its servers gets into
// a file, one a line.
import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import { Server as HttpServer } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

const file = process.env.BENTHAM_BENCH_REQUESTS;

function socketOf(message: unknown): Socket | undefined {
  const known = typeof message === 'object' && message !== null && 'socket' in message ? message.socket : undefined;
  return known instanceof Socket ? known : undefined;
}

function count(port: number | undefined): void {
  if (file !== undefined && port !== undefined) appendFileSync(file, `${port}\n`);
}

subscribe('http.server.request.start', (message) => count(socketOf(message)?.localPort));
subscribe('http2.server.stream.start', (message) => {
  const { stream } = message as { stream: ServerHttp2Stream };
  count(stream.session?.socket.localPort);
});
// Other protocols: what comes in one piece is one request, or several that were sent together.
subscribe('net.server.socket', (message) => {
  const socket = socketOf(message);
  const server = socket && 'server' in socket ? socket.server : undefined;
  if (!socket || server instanceof HttpServer || server instanceof TlsServer) return;
  const port = socket.localPort;
  socket.on('data', () => count(port));
});

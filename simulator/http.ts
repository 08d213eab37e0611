// What every HTTP server of the drill is made of: loopback, a free port, and a stop that leaves nothing open.
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A server that listens on loopback. */
export type Listening = { url: string; port: number; stop(): Promise<void> };

/** One request, answered or thrown: what is thrown becomes a 500 and does not end the drill. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A request that becomes another protocol. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** PEM, as for node:tls. */
export type Identity = { key: string; cert: string };

/** `http2`: over TLS also HTTP/2, where the client takes it. */
export type ListenOptions = {
  tls?: Identity;
  port?: number;
  upgrade?: Upgrade;
  http2?: boolean;
  /** How long an idle connection of HTTP/1.1 is kept, in ms; absent: Node's 5 s. */
  keepAlive?: number;
};

/** Listens on 127.0.0.1 at a free port, or at `port`; with TLS where an identity is given. */
export async function listen(handler: Handler, options: ListenOptions = {}): Promise<Listening> {
  const listener: RequestListener = (request, response) => {
    // A client that goes away is everyday; without a listener it would be an uncaught error.
    response.on('error', () => response.destroy());
    Promise.resolve()
      .then(() => handler(request, response))
      .catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else sendJson(response, 500, { message: error instanceof Error ? error.message : String(error) });
      });
  };
  const server = serverOf(listener, options);
  if (options.keepAlive !== undefined && 'keepAliveTimeout' in server) server.keepAliveTimeout = options.keepAlive;
  if (options.upgrade) server.on('upgrade', options.upgrade);
  const sockets = new Set<Socket>();
  server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function serverOf(listener: RequestListener, { tls, http2 }: ListenOptions) {
  const keepAliveTimeout = 60_000;
  if (!tls) return createServer({ keepAliveTimeout }, listener);
  if (!http2) return createTlsServer({ ...tls, keepAliveTimeout }, listener);
  // What these servers use of requests and answers is the same in both.
  return createSecureServer({ ...tls, allowHTTP1: true }, listener as never);
}

/** The whole body. Throws above `limit` bytes. */
export async function readBody(request: IncomingMessage, limit = 64 * 1024 * 1024): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new Error(`body above ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  sendText(response, status, JSON.stringify(body), 'application/json');
}

export function sendText(response: ServerResponse, status: number, body: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** The path and query of a request. */
export function locate(request: IncomingMessage): URL {
  return new URL(request.url ?? '/', 'http://127.0.0.1');
}

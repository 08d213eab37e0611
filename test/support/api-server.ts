// The smallest API server a test can shape to its liking, and settings that point at it. The drill's one behaves; this
// one does what it is told.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from '../../simulator/certificate.ts';
import { type Settings, type SettingsInput, settingsSchema } from '../../src/config/settings.ts';
import { listenAgain } from './lasting-port.ts';

export type Handler = (url: URL, res: ServerResponse, req: IncomingMessage) => void;

export class ApiServer {
  /** Answers everything but /version. */
  handle: Handler = (_, res) => res.writeHead(404).end('{}');
  version: Handler = (_, res) => res.end('{"gitVersion":"v1.32.0"}');
  readonly asked: URL[] = [];
  readonly #identity: ReturnType<typeof selfSigned> | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  #server: ReturnType<ApiServer['serve']> | undefined;
  #port = 0;
  readonly #directory = mkdtempSync(join(tmpdir(), 'bentham-api-'));

  /** `http2`: over TLS, and HTTP/2 where the client takes it. */
  constructor({ http2 = false } = {}) {
    this.#identity = http2 ? selfSigned('api') : undefined;
  }

  /** Listens, on the same port as before. */
  async start(): Promise<void> {
    const server = this.serve((req, res) => {
      const url = new URL(req.url ?? '/', 'http://api');
      if (url.pathname === '/version') return this.version(url, res, req);
      this.asked.push(url);
      return this.handle(url, res, req);
    });
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket.on('close', () => this.#sockets.delete(socket)));
    });
    this.#port = await listenAgain(server, this.#port);
  }

  private serve(listener: (req: IncomingMessage, res: ServerResponse) => void) {
    if (!this.#identity) return createServer(listener);
    const server = createSecureServer({ ...this.#identity, allowHTTP1: true }, listener as never);
    return server.on('session', (session) => {
      this.#sessions.add(session.on('close', () => this.#sessions.delete(session)));
    });
  }

  /** Ends what is idle of HTTP/2, as API servers do after a while: no connection is cut. Gives how many. */
  sayGoodbye(): number {
    const sessions = [...this.#sessions];
    for (const session of sessions) session.close();
    return sessions.length;
  }

  /** Cuts all connections and listens no more. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => (server ? server.close(done) : done(undefined)));
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Its answers are waited for however busy the machine is; a test of what comes late sets a time of its own. */
  settings(more: Partial<SettingsInput> = {}): Settings {
    const kubeconfig = join(this.#directory, 'config');
    const server = `${this.#identity ? 'https' : 'http'}://127.0.0.1:${this.#port}`;
    const trusted = this.#identity && Buffer.from(this.#identity.cert).toString('base64');
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        'current-context': 'test',
        clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': trusted } }],
        contexts: [{ name: 'test', context: { cluster: 'c', user: 'u' } }],
        users: [{ name: 'u', user: { token: 'sesame-open' } }],
      }),
    );
    return settingsSchema.parse({
      profile: 'test',
      environment: { name: 'TEST', guarded: false },
      kubernetes: { kubeconfig, namespace: 'bentham' },
      gateway: { url: 'http://127.0.0.1:1' },
      database: { primary: { host: '127.0.0.1' } },
      redis: { url: 'redis://127.0.0.1' },
      intervals: { timeout: 10_000, traffic: 50 },
      ...more,
    });
  }
}

// The smallest API server a test can shape to its liking, and settings that point at it. The drill's one behaves; this
// one does what it is told.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Settings, type SettingsInput, settingsSchema } from '../../src/config/settings.ts';

export type Handler = (url: URL, res: ServerResponse, req: IncomingMessage) => void;

export class ApiServer {
  /** Answers everything but /version. */
  handle: Handler = (_, res) => res.writeHead(404).end('{}');
  version: Handler = (_, res) => res.end('{"gitVersion":"v1.32.0"}');
  readonly asked: URL[] = [];
  #server: Server | undefined;
  #port = 0;
  readonly #directory = ownDirectory();

  /** Listens, on the same port as before. */
  async start(): Promise<void> {
    const server = createServer((req, res) => {
      const url = new URL(req.url ?? '/', 'http://api');
      if (url.pathname === '/version') return this.version(url, res, req);
      this.asked.push(url);
      return this.handle(url, res, req);
    });
    this.#server = server;
    await new Promise<void>((done) => server.listen(this.#port, '127.0.0.1', done));
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Cuts all connections and listens no more. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.closeAllConnections();
    await new Promise((done) => (server ? server.close(done) : done(undefined)));
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  settings(more: Partial<SettingsInput> = {}): Settings {
    const kubeconfig = join(this.#directory, 'config');
    const server = `http://127.0.0.1:${this.#port}`;
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        'current-context': 'test',
        clusters: [{ name: 'c', cluster: { server } }],
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
      intervals: { timeout: 400, traffic: 50 },
      ...more,
    });
  }
}

const prefix = 'bentham-api-';

/** Named after this process, so that what an aborted run left is known for it, and goes. */
function ownDirectory(): string {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(prefix))) {
    const [, pid] = /^(\d+)-/.exec(name.slice(prefix.length)) ?? [];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  return mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
}

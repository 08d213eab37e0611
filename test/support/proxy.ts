// A man in the middle: stands between the cockpit and one server, and behaves as networks and servers do on bad nights.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket, connect as tcp } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { listenAgain } from './lasting-port.ts';

/**
 * `works`: hands everything on. `refuses`: nothing listens. `freezes`: connections stay open, and nothing comes.
 * `resets`: cuts connections, old and new. `babbles`: answers what no protocol knows. `crawls`: hands on, slowly.
 * `deaf`: nothing reaches the server, whose words still come. `mute`: the server hears all, and nothing of it comes.
 */
export type Manner = 'works' | 'refuses' | 'freezes' | 'resets' | 'babbles' | 'crawls' | 'deaf' | 'mute';

/** How long `crawls` holds each piece back. */
const held = 120;

/** No byte order, no line, no frame of any protocol; with an escape sequence for whoever prints it. */
const babble = Buffer.from(
  '\u0000\u0015\u0003%%\u001b]0;babble\u0007!! no such protocol !!\r\n\r\n'.repeat(4),
  'latin1',
);

export class Middleman {
  readonly #to: { host: string; port: number };
  readonly #pairs = new Set<{ client: Socket; server: Socket }>();
  readonly #lost = new Set<Socket>();
  /** Connections of which something was dropped: no word of them makes sense any more. */
  readonly #torn = new Set<{ client: Socket; server: Socket }>();
  #listener: Server | undefined;
  #manner: Manner = 'works';
  #answered = 0;
  #asked = 0;
  readonly #address: string;
  port: number;

  private constructor(to: { host: string; port: number }, { address, port }: { address: string; port: number }) {
    this.#to = to;
    this.#address = address;
    this.port = port;
  }

  /** `at`: where it listens. */
  static async before(host: string, port: number, at = { address: '127.0.0.1', port: 0 }): Promise<Middleman> {
    const proxy = new Middleman({ host, port }, at);
    await proxy.#listen();
    return proxy;
  }

  /** Bytes of the server that reached the cockpit so far. */
  get answered(): number {
    return this.#answered;
  }

  /** Connections that the cockpit has opened so far. */
  get asked(): number {
    return this.#asked;
  }

  /** From now on it behaves like this, on connections that are open too. */
  async be(manner: Manner): Promise<void> {
    this.#manner = manner;
    if (manner !== 'deaf' && manner !== 'mute') for (const pair of this.#torn) end(pair);
    for (const pair of this.#pairs) this.#treat(pair);
    if (manner === 'refuses') await this.#close();
    else if (!this.#listener) await this.#listen();
  }

  /**
   * The server loses all connections that are open, as a machine without power does: the cockpit is never told, what
   * it sends is lost, and nothing comes any more. New ones are as they were. Gives how many were lost.
   */
  vanish(): number {
    const lost = [...this.#pairs];
    for (const pair of lost) {
      this.#pairs.delete(pair);
      this.#lost.add(pair.client);
      pair.client.pause();
      pair.server.removeAllListeners('close').destroy();
    }
    return lost.length;
  }

  async stop(): Promise<void> {
    for (const pair of this.#pairs) end(pair);
    for (const client of this.#lost) client.destroy();
    await this.#close();
  }

  async #listen(): Promise<void> {
    const listener = createServer((client) => this.#meet(client));
    this.port = await listenAgain(listener, this.port, this.#address);
    this.#listener = listener;
  }

  async #close(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    if (listener) await new Promise<void>((resolve) => listener.close(() => resolve()));
  }

  #meet(client: Socket): void {
    this.#asked += 1;
    const pair = { client, server: tcp(this.#to) };
    this.#pairs.add(pair);
    for (const [from, to] of [
      [pair.client, pair.server],
      [pair.server, pair.client],
    ] as const) {
      from.setNoDelay(true);
      const inTime = (pass: () => void) => (this.#manner === 'crawls' ? setTimeout(pass, held) : pass());
      from.on('error', () => {});
      from.on('close', () => {
        this.#pairs.delete(pair);
        this.#torn.delete(pair);
        // What was said before has to arrive.
        if (from === client || this.#manner !== 'babbles') inTime(() => end(pair));
      });
      from.on('data', (chunk) =>
        inTime(() => {
          if (this.#manner === (from === client ? 'deaf' : 'mute')) return void this.#torn.add(pair);
          if (from === pair.server) this.#answered += chunk.length;
          if (!to.destroyed) to.write(chunk);
        }),
      );
    }
    this.#treat(pair);
  }

  #treat(pair: { client: Socket; server: Socket }): void {
    const { client, server } = pair;
    if (['works', 'crawls', 'deaf', 'mute'].includes(this.#manner)) {
      client.resume();
      server.resume();
    } else if (this.#manner === 'freezes') {
      client.pause();
      server.pause();
    } else if (this.#manner === 'babbles') {
      client.end(babble);
      server.destroy();
    } else {
      client.resetAndDestroy();
      server.destroy();
    }
  }
}

function end({ client, server }: { client: Socket; server: Socket }): void {
  client.destroy();
  server.destroy();
}

export const backends = ['gateway', 'kubernetes', 'primary', 'replica', 'redis', 's3'] as const;
export type Backend = (typeof backends)[number];

/** Asked by actions only: no pane of the screen waits for them. */
export type Asked = 'rds' | 'secrets' | 'channels' | 'pager';

export type Middle = {
  proxies: Readonly<Record<Backend | Asked, Middleman>>;
  /** The drill's, with every backend behind its proxy. */
  environment: Record<string, string>;
  stop(): Promise<void>;
};

/** Puts a proxy before each backend of a drill. */
export async function standBetween(drill: Readonly<Record<string, string>>): Promise<Middle> {
  const directory = mkdtempSync(path.join(tmpdir(), 'bentham-between-'));
  const kubeconfig = parse(readFileSync(drill.KUBECONFIG ?? '', 'utf8')) as {
    clusters: { cluster: { server: string } }[];
  };
  const cluster = kubeconfig.clusters[0]?.cluster ?? { server: '' };
  const host = drill.PGHOST ?? '';
  const before = (url: string | undefined) => {
    const { hostname, port } = new URL(url ?? '');
    return Middleman.before(hostname, Number(port));
  };
  const proxies = {
    gateway: await before(drill.BENTHAM_GATEWAY_URL),
    kubernetes: await before(cluster.server),
    primary: await Middleman.before(host, Number(drill.PGPORT)),
    replica: await Middleman.before(host, Number(drill.BENTHAM_DATABASE_REPLICA_PORT)),
    redis: await before(drill.REDIS_URL),
    s3: await before(drill.AWS_ENDPOINT_URL_S3),
    rds: await before(drill.AWS_ENDPOINT_URL_RDS),
    secrets: await before(drill.AWS_ENDPOINT_URL_SECRETS_MANAGER),
    // Slack and PagerDuty are one server in a drill.
    channels: await before(drill.BENTHAM_CHANNELS_SLACK_OPS_WEBHOOK),
    pager: await before(drill.BENTHAM_CHANNELS_PAGER_DUTY_API_URL),
  };
  const by = (backend: Backend | Asked, url: string | undefined) => {
    const through = new URL(url ?? '');
    through.host = `127.0.0.1:${proxies[backend].port}`;
    return through.href.replace(/\/$/, '');
  };
  cluster.server = by('kubernetes', cluster.server);
  const file = path.join(directory, 'kubeconfig');
  writeFileSync(file, stringify(kubeconfig), { mode: 0o600 });
  return {
    proxies,
    environment: {
      ...drill,
      BENTHAM_GATEWAY_URL: by('gateway', drill.BENTHAM_GATEWAY_URL),
      KUBECONFIG: file,
      PGHOST: '127.0.0.1',
      PGPORT: String(proxies.primary.port),
      BENTHAM_DATABASE_REPLICA_HOST: '127.0.0.1',
      BENTHAM_DATABASE_REPLICA_PORT: String(proxies.replica.port),
      REDIS_URL: by('redis', drill.REDIS_URL),
      AWS_ENDPOINT_URL_S3: by('s3', drill.AWS_ENDPOINT_URL_S3),
      AWS_ENDPOINT_URL_RDS: by('rds', drill.AWS_ENDPOINT_URL_RDS),
      AWS_ENDPOINT_URL_SECRETS_MANAGER: by('secrets', drill.AWS_ENDPOINT_URL_SECRETS_MANAGER),
      BENTHAM_CHANNELS_SLACK_OPS_WEBHOOK: by('channels', drill.BENTHAM_CHANNELS_SLACK_OPS_WEBHOOK),
      BENTHAM_CHANNELS_SLACK_ALERTS_WEBHOOK: by('channels', drill.BENTHAM_CHANNELS_SLACK_ALERTS_WEBHOOK),
      BENTHAM_CHANNELS_PAGER_DUTY_URL: by('channels', drill.BENTHAM_CHANNELS_PAGER_DUTY_URL),
      BENTHAM_CHANNELS_PAGER_DUTY_API_URL: by('pager', drill.BENTHAM_CHANNELS_PAGER_DUTY_API_URL),
    },
    async stop() {
      for (const proxy of Object.values(proxies)) await proxy.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

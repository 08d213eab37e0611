// The connections to one cluster, in pools by what they are for.
import type { EventEmitter } from 'node:events';
import { Agent, Client, type Dispatcher } from 'undici';
import { type Ms, minute, second } from '../../core/time.ts';
import { dispatcherFor, dispatcherThrough } from '../proxy.ts';
import { type Credentials, securedBy } from './credentials.ts';
import type { KubeTarget } from './kubeconfig.ts';

/** What is asked: an answer, a stream that stays open, whether the server lives. */
export type Use = 'answer' | 'stream' | 'beat';

/** `few`: answers share few connections. `pinged`: hears when an answered PING was sent, by `performance.now()`. */
export type PoolOptions = { few?: boolean; pinged?: ((at: Ms) => void) | undefined };

/** A single look asks for its lists over so many connections: each costs a handshake, and one slow answer holds up few. */
const fewConnections = 6;
/** So many of them are for lists alone; its logs take the others where they are free. */
const forLists = 2;

/** HTTP/2 asks for a sign of life without a request (RFC 9113, 6.7): 17 bytes, which are neither authorized nor logged. */
const pingEvery: Ms = 2 * second;
/** The connection of heartbeats stays open between them; API servers end it when it is idle for 90 s. */
const beatsKept: Ms = 5 * minute;

/** Where no PING was answered by then there is no HTTP/2: an idle connection may be dead, and is not kept for so long. */
const unpinged: Ms = 5 * pingEvery;

type Kind = 'short' | 'long' | 'beat';

export class Pools {
  readonly #target: KubeTarget;
  readonly #options: PoolOptions;
  readonly #made: Partial<Record<Kind, { pool: Dispatcher; of: string; at: Ms }>> = {};
  #isPinged = false;

  constructor(target: KubeTarget, options: PoolOptions) {
    this.#target = target;
    this.#options = options;
  }

  /**
   * One pool for all requests, two of a single look, and one of heartbeats over HTTP/2 where PINGs are heard (`pinged`).
   * Replaced only when the certificates change, that of heartbeats after one without an answer, too.
   */
  of(tls: Credentials['tls'], url: URL, use: Use, now: Ms = performance.now()): Dispatcher {
    const kind = this.#kindOf(url, use, now);
    const of = [tls.ca, tls.cert, tls.key].map((b) => b?.toString('base64') ?? '').join('|');
    const before = this.#made[kind];
    if (before?.of === of) return before.pool;
    const options = { ...this.#optionsOf(kind), connect: { ...securedBy(tls, url), ...connecting } };
    const proxyUrl = this.#target.cluster.proxyUrl && URL.parse(this.#target.cluster.proxyUrl);
    // The kubeconfig's proxy-url wins over the environment's and ignores NO_PROXY, as in kubectl.
    const pool = proxyUrl ? dispatcherThrough(proxyUrl, options) : dispatcherFor(url, options);
    // Requests under way keep the old pool until they are done.
    void before?.pool.close();
    this.#made[kind] = { pool, of, at: now };
    if (kind === 'beat') this.#isPinged = false;
    return pool;
  }

  /** After a heartbeat without an answer: the next one goes over another connection, as this one may be dead. */
  async dropBeats(): Promise<void> {
    const before = this.#made.beat;
    delete this.#made.beat;
    await before?.pool.destroy();
  }

  /** Lets go of all connections. */
  async close(): Promise<void> {
    const pools = Object.values(this.#made);
    for (const kind of ['short', 'long', 'beat'] as const) delete this.#made[kind];
    await Promise.all(pools.map(({ pool }) => pool.destroy()));
  }

  #kindOf(url: URL, use: Use, now: Ms): Kind {
    const { beat } = this.#made;
    if (use === 'beat' && this.#options.pinged && (!beat || this.#isPinged || now - beat.at < unpinged)) return 'beat';
    return this.#options.few && (use !== 'stream' || this.#hasRoom(url)) ? 'short' : 'long';
  }

  #optionsOf(kind: Kind): Agent.Options {
    const { pinged } = this.#options;
    // Connections of their own for long streams (no HTTP/2): a stalled log must not hold up the watch.
    if (kind !== 'beat' || !pinged)
      return { allowH2: false, keepAliveTimeout: 10 * second, connections: kind === 'short' ? fewConnections : null };
    return {
      allowH2: true,
      h2Options: { pingInterval: pingEvery },
      keepAliveTimeout: beatsKept,
      connections: 1,
      factory: (origin, options) => {
        const client = new Client(origin, options);
        // What its types leave out.
        (client as EventEmitter).on('ping', (took: Ms) => {
          this.#isPinged = true;
          pinged(performance.now() - took);
        });
        return client;
      },
    };
  }

  /** Whether lists leave connections free: a log that takes one is spared the handshake. */
  #hasRoom({ origin }: URL): boolean {
    const pool = this.#made.short?.pool;
    const now = pool instanceof Agent ? pool.stats[origin] : undefined;
    return now !== undefined && 'free' in now && now.queued === 0 && now.free > forLists;
  }
}

const connecting = { timeout: 5 * second, keepAlive: true, keepAliveInitialDelay: 15 * second, preferH2: true };

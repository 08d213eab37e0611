// API p95 and error rate, from the gateway's own access logs. Of the cockpits on one host one follows them.
import type { Settings } from '../../config/settings.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import type { Traffic } from '../../core/world/facts.ts';
import type { Fault } from '../../core/world/reading.ts';
import type { Connection } from '../kubernetes/connection.ts';
import type { KubeTarget } from '../kubernetes/kubeconfig.ts';
import { type Emit, type OthersLook, pause, type Result, type Sharing, type Source } from '../source.ts';
import { timeLimit } from '../time-limit.ts';
import type { TrafficFollower } from './traffic-follower.ts';

/** Whoever begins to follow reads the past for so long at most before it tells its first figures. */
const longestPast: Ms = 3 * second;
/** Who follows waits for so long at most for another one that has begun to, and then tells its own figures again. */
const forOthers: Ms = second / 2;

export type TrafficOptions = {
  /** Reads the past of the logs and does not follow them. */
  once?: boolean;
  /** Cockpits of one user on one host share the figures. */
  shared?: boolean;
};

export function trafficSource(settings: Settings, connection: Connection, options: TrafficOptions = {}): Source {
  return {
    id: 'gateway logs',
    facts: ['traffic'],
    start(tell, signal) {
      const teller = new TrafficTeller(settings, connection, options, tell, signal);
      return { refresh: () => teller.refresh(), ended: teller.run().then(() => connection.close()) };
    },
  };
}

class TrafficTeller {
  readonly #settings: Settings;
  readonly #connection: Connection;
  readonly #options: TrafficOptions;
  readonly #tell: Emit;
  readonly #signal: AbortSignal;
  #shared: { target: KubeTarget; sharing: Sharing<Traffic> | undefined } | undefined;
  #own: TrafficFollower | undefined;
  /** Why nothing can be read now; it was told. */
  #lost: Fault | undefined;
  #wake = new AbortController();

  constructor(settings: Settings, connection: Connection, options: TrafficOptions, tell: Emit, signal: AbortSignal) {
    this.#settings = settings;
    this.#connection = connection;
    this.#options = options;
    this.#tell = tell;
    this.#signal = signal;
  }

  /** Tells the newest figures now. They are those of whoever follows the logs: to read the past again would cost more. */
  refresh(): void {
    this.#wake.abort();
  }

  async run(): Promise<void> {
    const signal = this.#signal;
    this.#connection.onBeat((beat) => {
      if (beat.ok) this.#lost = undefined;
      else this.#fail(beat.fault, beat.retryAt);
    }, signal);
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const sharing = await this.#sharing();
      const told = sharing && (await this.#told(sharing));
      if (signal.aborted) break;
      const rest = told ? await this.#hear(told) : await this.#read(sharing);
      await pause(rest, AbortSignal.any([signal, this.#wake.signal]));
    }
    await this.#shared?.sharing?.leave();
    await this.#own?.end();
  }

  async #told(sharing: Sharing<Traffic>): Promise<OthersLook<Traffic> | undefined> {
    if (!this.#own) return sharing.await(this.#signal);
    const limit = timeLimit(forOthers, this.#signal);
    return sharing.await(limit.signal).finally(limit.end);
  }

  /** Another cockpit follows the logs. */
  async #hear({ result, at, rest, by }: OthersLook<Traffic>): Promise<Ms> {
    if (!this.#lost) this.#say(result, at, `, asked by ${by}`);
    const own = this.#own;
    this.#own = undefined;
    await own?.end();
    return rest;
  }

  /** This one does, and tells the others. */
  async #read(sharing: Sharing<Traffic> | undefined): Promise<Ms> {
    const { traffic: every } = this.#settings.intervals;
    this.#own ??= await this.#begin();
    const at = Date.now();
    const result: Result<Traffic> | undefined = this.#lost ? { ok: false, fault: this.#lost } : this.#own.figures(at);
    if (!result || this.#signal.aborted) return every;
    if (!this.#lost) this.#say(result, at);
    await sharing?.publish({ asked: at, at, next: at + every, result });
    return every;
  }

  async #begin(): Promise<TrafficFollower> {
    const { TrafficFollower } = await import('./traffic-follower.ts');
    const { once } = this.#options;
    const options = {
      follows: !once,
      past: once ? this.#settings.intervals.timeout : longestPast,
      isLost: () => this.#lost !== undefined,
      listed: () => {
        this.#lost = undefined;
      },
      failed: (fault: Fault, retryAt: Instant) => this.#fail(fault, retryAt),
    };
    const follower = new TrafficFollower(this.#settings, this.#connection, options, this.#signal);
    await follower.settle();
    return follower;
  }

  #fail(fault: Fault, retryAt: Instant): void {
    this.#lost = fault;
    this.#tell({ fact: 'traffic', fault, at: Date.now(), retryAt });
  }

  #say(result: Result<Traffic>, at: Instant, asked = ''): void {
    if (!result.ok) {
      this.#tell({ fact: 'traffic', fault: result.fault, at });
      return;
    }
    const { value } = result;
    const { followed = 0 } = value.pods ?? {};
    const from = `gateway logs of ${followed === 1 ? '1 pod' : `${followed} pods`}${asked}`;
    this.#tell({ fact: 'traffic', value, at, staleAfter: this.#settings.intervals.traffic * 3, from });
  }

  /** With the cockpits that reach the same API server by the same means, as the kubeconfig is now. */
  async #sharing(): Promise<Sharing<Traffic> | undefined> {
    if (!this.#options.shared || this.#options.once) return undefined;
    // Each heartbeat reads the kubeconfig; before the first one nothing is open.
    if (!this.#connection.target) await this.#connection.open();
    const { target } = this.#connection;
    if (!target) return undefined;
    if (this.#shared?.target !== target) {
      await this.#shared?.sharing?.leave();
      const { shareTraffic } = await import('./shared-traffic.ts');
      this.#shared = { target, sharing: await shareTraffic(this.#settings, target, longestPast) };
    }
    return this.#shared.sharing;
  }
}

// The one connection that all Kubernetes sources share, with its pulse: a watch that is silent proves nothing, so the
// API server is asked for its version every few seconds, and a frozen one is noticed within seconds.
import type { Settings } from '../../config/settings.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { backoff, pause, type Result, type Sharing } from '../source.ts';
import { Cluster } from './client.ts';
import { type KubeTarget, loadTarget } from './kubeconfig.ts';
import type { Pulse } from './shared-beats.ts';
import { usualTimes, type WatchTimes } from './watch-stream.ts';

/** `by`: who asked, if it was another cockpit: `process 4711`, `ben on bastion-2`. */
export type Beat =
  | { ok: true; cluster: Cluster; version: string; latency: Ms; at: Instant; by: string | undefined }
  | { ok: false; fault: Fault; at: Instant; retryAt: Instant };

const beatEvery: Ms = 3 * second;
/** The longest pause between requests to a failing server. */
const longestBeat: Ms = 10 * second;

/** A value of the watch is fresh for this long after a heartbeat. */
export const staleAfterBeat: Ms = 3 * beatEvery + 2 * second;
/** The longest wait for another cockpit's heartbeat: enough is left to ask before anything is stale. */
const longestPatience: Ms = staleAfterBeat - beatEvery - 2 * second;

export type ConnectionOptions = {
  /** For a single look: what is listed is not watched, and few connections are opened. */
  once?: boolean;
  /** Cockpits of one user on one host share the heartbeats. */
  shared?: boolean;
  watchTimes?: WatchTimes;
};

/** A heartbeat. `rest`: until the next one; `by`: another cockpit; `publish`: tells the others of this one's own. */
type Look = {
  result: Result<{ cluster: Cluster } & Pulse>;
  at: Instant;
  rest: Ms;
  by?: string;
  publish?(): Promise<void> | undefined;
};

export class Connection {
  readonly settings: Settings;
  readonly once: boolean;
  readonly watchTimes: WatchTimes;
  readonly #shared: boolean;
  #opened: { target: KubeTarget; cluster: Cluster; beats?: Sharing<Pulse> | undefined } | undefined;
  #opening: Promise<Result<Cluster>> | undefined;
  #listeners = new Set<(beat: Beat) => void>();
  #end: AbortController | undefined;
  #beating: Promise<void> | undefined;
  #wake = new AbortController();
  #last: Beat | undefined;
  #failures = 0;
  /** When this host's own way to the server was last proven otherwise than by a heartbeat, by `performance.now()`. */
  #provenAt: Ms = Number.NEGATIVE_INFINITY;

  constructor(settings: Settings, { once = false, shared = false, watchTimes = usualTimes }: ConnectionOptions = {}) {
    this.settings = settings;
    this.once = once;
    this.watchTimes = watchTimes;
    this.#shared = shared && !once;
  }

  /** The context's name, once it is known. */
  get context(): string {
    return this.#opened?.cluster.context ?? '';
  }

  /** What is open: another object where the kubeconfig has changed. */
  get target(): KubeTarget | undefined {
    return this.#opened?.target;
  }

  /** The cluster's clock less ours. */
  get clockOffset(): Ms {
    return this.#opened?.cluster.clockOffset ?? 0;
  }

  /** Where it is, for faults before it is open. */
  get where(): string {
    return this.#opened?.cluster.where ?? 'kubernetes';
  }

  /** Whether the last beat failed; undefined before the first. */
  get last(): Beat | undefined {
    return this.#last;
  }

  /** The cluster. The kubeconfig is read again each time: a fixed file needs no restart. A single look reads it once. */
  async open(): Promise<Result<Cluster>> {
    if (!this.once) return this.#open();
    this.#opening ??= this.#open();
    const opened = await this.#opening;
    if (!opened.ok) this.#opening = undefined;
    return opened;
  }

  async #open(): Promise<Result<Cluster>> {
    const loaded = await loadTarget(this.settings.kubernetes);
    if (!loaded.ok) return loaded;
    const target = loaded.value;
    const before = this.#opened;
    if (!before || !isSame(before.target, target)) {
      // Alone it sends each heartbeat itself, and needs no other proof.
      const pinged = this.#shared && this.settings.incident.relay ? (at: Ms) => this.proves(at) : undefined;
      this.#opened = { target, cluster: new Cluster(target, { few: this.once, pinged }) };
      void before?.beats?.leave();
      void before?.cluster.close();
      return { ok: true, value: this.#opened.cluster };
    }
    return { ok: true, value: before.cluster };
  }

  async #sharingOf(target: KubeTarget): Promise<Sharing<Pulse> | undefined> {
    // What a single look does not load.
    const { shareBeats } = await import('./shared-beats.ts');
    const patience = Math.min(this.settings.intervals.timeout + second, longestPatience);
    // What a host shows is never older than the last proof of its own way allows, were the others' the only one that works.
    const within = Math.min(2 * beatEvery, staleAfterBeat - this.settings.intervals.timeout);
    const way = { within, provenAt: () => this.#provenAt };
    return shareBeats(this.settings, target, { every: beatEvery, patience, way });
  }

  /** Hears every beat until the signal aborts. The first listener starts the pulse, the last one's end closes all. */
  onBeat(listener: (beat: Beat) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    if (!this.#end) {
      this.#end = new AbortController();
      this.#beating = this.#beat(this.#end.signal);
    }
    signal.addEventListener('abort', () => void this.#leave(listener), { once: true });
  }

  /** Something came from the server over a connection of this host's own. */
  proves(at: Ms = performance.now()): void {
    this.#provenAt = Math.max(this.#provenAt, at);
  }

  /** Sends a heartbeat now and resets the backoff. */
  refresh(): void {
    this.#failures = 0;
    this.#opened?.cluster.hasten();
    this.#wake.abort();
  }

  /** Closes all connections once nobody uses them. */
  async close(): Promise<void> {
    if (this.#listeners.size > 0) return;
    this.#end?.abort();
    this.#end = undefined;
    const [opened, beating] = [this.#opened, this.#beating];
    this.#opened = undefined;
    this.#opening = undefined;
    this.#beating = undefined;
    await opened?.cluster.close();
    await beating;
    await opened?.beats?.leave();
  }

  async #leave(listener: (beat: Beat) => void): Promise<void> {
    this.#listeners.delete(listener);
    await this.close();
  }

  async #beat(signal: AbortSignal): Promise<void> {
    this.#failures = 0;
    this.#wake = new AbortController();
    while (!signal.aborted) {
      const told = await this.#told(signal);
      if (signal.aborted) return;
      const look = told ?? (await this.#ask(signal));
      if (signal.aborted) return;
      const { result, at, rest, by } = look;
      this.#failures = result.ok ? 0 : this.#failures + 1;
      const due = performance.now() + rest;
      this.#last = result.ok
        ? { ok: true, at, by, ...result.value }
        : { ok: false, fault: result.fault, at, retryAt: Date.now() + rest };
      for (const listener of this.#listeners) listener(this.#last);
      await look.publish?.();
      await pause(due - performance.now(), AbortSignal.any([signal, this.#wake.signal]));
    }
  }

  /** Another cockpit's heartbeat; undefined where this one has to ask, or a person asked for it. */
  async #told(signal: AbortSignal): Promise<Look | undefined> {
    const { aborted } = this.#wake.signal;
    if (!this.#shared || aborted || !(await this.open()).ok) return undefined;
    const opened = this.#opened;
    const { signal: woken } = this.#wake;
    if (!opened) return undefined;
    opened.beats ??= await this.#sharingOf(opened.target);
    // What others are answered tells nothing of this cockpit's login.
    if (!(await opened.cluster.isLoginSure())) return undefined;
    const look = await opened.beats?.await(AbortSignal.any([signal, woken]));
    if (!look || woken.aborted || opened !== this.#opened) return undefined;
    const { result, at, rest, by } = look;
    if (!result.ok) return { result, at, rest, by };
    const { cluster } = opened;
    cluster.clockOffset = result.value.clockOffset;
    return { result: { ok: true, value: { cluster, ...result.value } }, at, rest, by };
  }

  async #ask(signal: AbortSignal): Promise<Look> {
    const { timeout } = this.settings.intervals;
    this.#wake = new AbortController();
    const asked = Date.now();
    const until = performance.now() + timeout;
    const opened = await this.open();
    const beats = this.#opened?.beats;
    // Reading the kubeconfig is a part of the beat: one that took long leaves the server less.
    const left = Math.max(timeout / 2, until - performance.now());
    const result = opened.ok ? await pulseOf(opened.value, Math.ceil(left), signal) : opened;
    const rest = result.ok ? beatEvery : Math.min(longestBeat, backoff(this.#failures + 1, second));
    const at = Date.now();
    const publish = () => beats?.publish({ asked, at, next: at + rest, result: withoutCluster(result) });
    return { result, at, rest, publish };
  }
}

async function pulseOf(cluster: Cluster, timeout: Ms, signal: AbortSignal): Promise<Look['result']> {
  const answer = await cluster.pulse(timeout, signal);
  const { clockOffset } = cluster;
  return answer.ok ? { ok: true, value: { cluster, clockOffset, ...answer.value } } : answer;
}

/** What others are told. */
function withoutCluster(result: Look['result']): Result<Pulse> {
  if (!result.ok) return result;
  const { cluster: _, ...value } = result.value;
  return { ok: true, value };
}

/** Whether it is the same cluster, as the same user, by the same means. */
const isSame = (a: KubeTarget, b: KubeTarget): boolean => JSON.stringify(a) === JSON.stringify(b);

// The one connection that all Kubernetes sources share, with its pulse: a watch that is silent proves nothing, so the
// API server is asked for its version every few seconds, and a frozen one is noticed within seconds.
import type { Settings } from '../../config/settings.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { backoff, pause, type Result } from '../source.ts';
import { Cluster } from './client.ts';
import { type KubeTarget, loadTarget } from './kubeconfig.ts';

export type Beat =
  | { ok: true; cluster: Cluster; version: string; latency: Ms; at: Instant }
  | { ok: false; fault: Fault; at: Instant; retryAt: Instant };

const beatEvery: Ms = 3 * second;
/** The longest pause between requests to a failing server. */
const longestBeat: Ms = 10 * second;

/** A value of the watch is fresh for this long after a heartbeat. */
export const staleAfterBeat: Ms = 3 * beatEvery + 2 * second;

export class Connection {
  readonly settings: Settings;
  /** For a single look: what is listed is not watched, and few connections are opened. */
  readonly once: boolean;
  #opened: { target: string; cluster: Cluster } | undefined;
  #opening: Promise<Result<Cluster>> | undefined;
  #listeners = new Set<(beat: Beat) => void>();
  #end: AbortController | undefined;
  #wake = new AbortController();
  #last: Beat | undefined;
  #failures = 0;

  constructor(settings: Settings, { once = false } = {}) {
    this.settings = settings;
    this.once = once;
  }

  /** The context's name, once it is known. */
  get context(): string {
    return this.#opened?.cluster.context ?? '';
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
    const target = fingerprint(loaded.value);
    if (this.#opened?.target !== target) {
      void this.#opened?.cluster.close();
      this.#opened = { target, cluster: new Cluster(loaded.value, { few: this.once }) };
    }
    return { ok: true, value: this.#opened.cluster };
  }

  /** Hears every beat until the signal aborts. The first listener starts the pulse, the last one's end closes all. */
  onBeat(listener: (beat: Beat) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    if (!this.#end) {
      this.#end = new AbortController();
      void this.#beat(this.#end.signal);
    }
    signal.addEventListener('abort', () => void this.#leave(listener), { once: true });
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
    const opened = this.#opened;
    this.#opened = undefined;
    this.#opening = undefined;
    await opened?.cluster.close();
  }

  async #leave(listener: (beat: Beat) => void): Promise<void> {
    this.#listeners.delete(listener);
    await this.close();
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { timeout } = this.settings.intervals;
    this.#failures = 0;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const until = performance.now() + timeout;
      const opened = await this.open();
      // Reading the kubeconfig is a part of the beat: one that took long leaves the server less.
      const left = Math.max(timeout / 2, until - performance.now());
      const answer = opened.ok ? await asked(opened.value, Math.ceil(left), signal) : opened;
      if (signal.aborted) return;
      this.#failures = answer.ok ? 0 : this.#failures + 1;
      const rest = answer.ok ? beatEvery : Math.min(longestBeat, backoff(this.#failures, second));
      const at = Date.now();
      this.#last = answer.ok
        ? { ok: true, at, ...answer.value }
        : { ok: false, fault: answer.fault, at, retryAt: at + rest };
      for (const listener of this.#listeners) listener(this.#last);
      await pause(rest, AbortSignal.any([signal, this.#wake.signal]));
    }
  }
}

async function asked(cluster: Cluster, timeout: Ms, signal: AbortSignal) {
  const answer = await cluster.pulse(timeout, signal);
  return answer.ok ? { ok: true as const, value: { cluster, ...answer.value } } : answer;
}

/** Whether it is the same cluster, as the same user, by the same means. */
function fingerprint(target: KubeTarget): string {
  return JSON.stringify(target);
}

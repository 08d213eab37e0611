// The connection to the relay, for as long as the cockpit runs: made again after it was lost. While it is away, everything
// else goes on.
import { randomUUID } from 'node:crypto';
import { mostKept } from '../../config/settings.ts';
import { type Instant, type Ms, minute, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { debugLog } from '../../disk/debug-log.ts';
import { pause } from '../source.ts';
import {
  connectRelay,
  isRefusal,
  type RelayClient,
  type RelayConnection,
  type RelayOptions,
  relayFault,
} from './connect.ts';
import { Leases } from './lease.ts';

/** How the relay is, for the screen. `since`: when it last answered. */
export type RelayState = { state: 'connecting' | 'connected' } | { state: 'away'; since: Instant; fault: Fault };

/** A connection that is up. `listen` only waits for news. */
export type Up = {
  ask: RelayClient;
  listen: RelayClient;
  leases: Leases;
  options: RelayOptions;
  /** Aborts when this connection has ended. */
  signal: AbortSignal;
  /** Ends it: the relay failed. */
  fail(error: unknown): void;
  /** Everything that there was to write was taken: a relay that refused before is back only then. */
  works(): void;
};

/** The relay does not answer: whether it did what was asked is unknown. */
export class RelayAway extends Error {}

/** How long connecting, and each answer, may take. A relay that is slower is away: nobody waits for it longer. */
const patience: Ms = 2.5 * second;
/** How long `listen` waits for news: shorter than `patience`. */
export const listenFor: Ms = second;
/** How often the epoch is compared. */
const checkEvery: Ms = 3 * second;
/** How often it is said again how long keys are kept, which is hours. */
const renewEvery: Ms = minute;
/** Between two attempts to connect. */
const pauses: readonly Ms[] = [250, 500, second, 2 * second];

export class RelayLink {
  readonly options: RelayOptions;
  readonly #changed: () => void;
  #over = new AbortController();
  #up: Up | undefined;
  #state: RelayState = { state: 'connecting' };
  #answeredAt: Instant = Date.now();
  #clock: Ms = 0;
  #keeps: number;
  /** The last connection ended with a refusal: that the next one is up says nothing yet. */
  #isRefused = false;
  #decide: () => void = () => {};
  /** Resolves when the first attempt to connect has ended, in whatever way. */
  readonly #decided = new Promise<void>((resolve) => {
    this.#decide = resolve;
  });
  #running: Promise<void> | undefined;

  constructor(options: RelayOptions, changed: () => void) {
    this.options = options;
    this.#keeps = options.keeps.entries;
    this.#changed = changed;
  }

  /** By how much the relay's clock is ahead of this host's, in ms, as it was when it last answered. */
  get clock(): Ms {
    return this.#clock;
  }

  /**
   * How many entries of an incident the relay keeps: as many as the host that keeps the most. If each dropped what it does
   * not keep, the others would send that again and again.
   */
  get keeps(): number {
    return this.#keeps;
  }

  get state(): RelayState {
    return this.#state;
  }

  /** Connects, and again after each end. `work` runs while a connection is up, until it throws or the signal aborts. */
  start(work: (up: Up) => Promise<void>): void {
    this.#running ??= this.#run(work);
  }

  async stop(): Promise<void> {
    this.#over.abort();
    this.#decide();
    await this.#running;
  }

  /** Asks the relay. Throws `RelayAway` where there is no answer; the connection is made again. */
  async ask<T>(what: (up: Up) => Promise<T>): Promise<T> {
    if (this.#running && this.#state.state === 'connecting') await this.#decided;
    const up = this.#up;
    if (!up) throw new RelayAway('not connected');
    try {
      const answer = await within(what(up));
      this.#answeredAt = Date.now();
      return answer;
    } catch (error) {
      up.fail(error);
      throw new RelayAway(relayFault(error, this.options).what);
    }
  }

  /**
   * Asks what may as well stay unanswered: undefined after `within` ms, and where the relay refuses, which is told; it
   * changes nothing.
   */
  async attempt<T>(
    what: (client: RelayClient) => Promise<T>,
    within: Ms,
    refused: (fault: Fault) => void = () => {},
  ): Promise<T | undefined> {
    const up = this.#up;
    if (!up || up.signal.aborted) return undefined;
    const over = AbortSignal.any([up.signal, AbortSignal.timeout(within)]);
    const answer = what(up.ask).catch((error: unknown) => {
      if (isRefusal(error)) refused(relayFault(error, this.options));
      return undefined;
    });
    return Promise.race([answer, pause(within, over).then(() => undefined)]);
  }

  async #run(work: (up: Up) => Promise<void>): Promise<void> {
    let failures = 0;
    while (!this.#over.signal.aborted) {
      const begun = performance.now();
      try {
        await this.#connected(work);
      } catch (error) {
        if (this.#over.signal.aborted) break;
        // What worked for a while begins again with the shortest pause.
        failures = performance.now() - begun > 10 * second ? 1 : failures + 1;
        this.#isRefused = isRefusal(error);
        const fault = relayFault(error, this.options);
        debugLog.warn('relay', { away: fault.what, kind: fault.kind });
        const since = this.#state.state === 'away' ? this.#state.since : this.#answeredAt;
        this.#tell({ state: 'away', since, fault });
      }
      await pause(pauses[Math.min(failures, pauses.length) - 1] ?? 0, this.#over.signal);
    }
  }

  async #connected(work: (up: Up) => Promise<void>): Promise<void> {
    const end = new AbortController();
    const signal = AbortSignal.any([end.signal, this.#over.signal]);
    const connections: RelayConnection[] = [];
    const connect = async () => {
      const connection = await connectRelay(this.options, patience, signal);
      connections.push(connection);
      if (signal.aborted) connection.cut();
      return connection.client;
    };
    let fail: (error: unknown) => void = () => {};
    const failed = new Promise<never>((_, reject) => {
      fail = reject;
    });
    failed.catch(() => {});
    const isOver = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    try {
      const [ask, listen] = await Promise.all([connect(), connect()]);
      for (const client of [ask, listen]) client.on('end', () => fail(new Error('Connection is closed')));
      await this.#compareClocks(ask);
      await within(this.#agree(ask));
      const leases = new Leases(ask, this.options, () => Date.now() + this.#clock);
      const up: Up = { ask, listen, leases, options: this.options, signal, fail, works: () => this.#works(up) };
      this.#up = up;
      this.#answeredAt = Date.now();
      debugLog.info('relay', { connected: true });
      await Promise.race([failed, isOver, this.#watch(up), this.#work(work, up)]);
    } finally {
      this.#up = undefined;
      end.abort();
      for (const connection of connections) connection.cut();
    }
  }

  async #compareClocks(ask: RelayClient): Promise<void> {
    const { now = Date.now } = this.options;
    const begun = now();
    const [seconds, micros] = await within(ask.time());
    const ended = now();
    const clock = Number(seconds) * second + Math.floor(Number(micros) / 1000) - (begun + ended) / 2;
    // An answer that was long under way says little.
    if (Number.isFinite(clock) && ended - begun < second) this.#clock = Math.round(clock);
  }

  async #work(work: (up: Up) => Promise<void>, up: Up): Promise<void> {
    if (!this.#isRefused) this.#tell({ state: 'connected' });
    await work(up);
  }

  #works(up: Up): void {
    if (this.#up !== up || up.signal.aborted || !this.#isRefused) return;
    this.#isRefused = false;
    this.#tell({ state: 'connected' });
  }

  /**
   * The epoch is a key that is made once: another one says that the relay has lost its data, although the connection
   * held. Also asked so that a relay that hangs is noticed.
   */
  async #watch({ ask, options, signal }: Up): Promise<void> {
    const { root, readOnly, keeps } = options;
    const key = `${root}:epoch`;
    let known: string | undefined;
    for (let renewAt = 0; !signal.aborted; ) {
      const now = (await within(ask.get(key))) ?? (readOnly ? '' : await within(makeEpoch(ask, key, keeps.time)));
      const isDue = performance.now() >= renewAt;
      await within(this.#agree(ask, isDue));
      await this.#compareClocks(ask);
      this.#answeredAt = Date.now();
      known ??= now;
      if (now !== known) throw new Error('the relay has lost its data');
      if (isDue) {
        if (!readOnly) await within(ask.pexpire(key, keeps.time));
        renewAt = performance.now() + renewEvery;
      }
      await pause(checkEvery, signal);
    }
  }

  /** Whoever keeps the most says so, on the relay. `renews`: also where that is said already, so that it stays. */
  async #agree(ask: RelayClient, renews = true): Promise<void> {
    const { root, readOnly, keeps } = this.options;
    const key = `${root}:keeps`;
    const told = keptEntries(await ask.get(key));
    this.#keeps = Math.max(keeps.entries, told);
    const isTold = keeps.entries < told || (keeps.entries === told && !renews);
    if (!readOnly && !isTold) await ask.set(key, String(keeps.entries), 'PX', keeps.time);
  }

  #tell(state: RelayState): void {
    this.#state = state;
    this.#decide();
    this.#changed();
  }
}

/** Only the first one counts of those who make one at the same time. */
async function makeEpoch(ask: RelayClient, key: string, lasts: Ms): Promise<string> {
  await ask.set(key, randomUUID(), 'PX', lasts, 'NX');
  return (await ask.get(key)) ?? '';
}

/** What somebody wrote there; 0: no number of entries. */
function keptEntries(text: string | null): number {
  const told = /^\d{1,6}$/.test(text ?? '') ? Number(text) : 0;
  return told <= mostKept ? told : 0;
}

/** A whole exchange of several commands takes no longer than one that hangs. */
function within<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('Command timed out')), patience * 2);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

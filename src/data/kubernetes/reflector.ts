// Lists and then watches one collection, for as long as it is asked to: through lost connections, restarted servers,
// versions that are too old and answers that make no sense.
import { isDeepStrictEqual } from 'node:util';
import type { V1ObjectMeta } from '@kubernetes/client-node';
import { sanitize } from '../../core/text/text.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { backoff, longestPause, pause } from '../source.ts';
import type { Answered, Refused } from './api-error.ts';
import type { ApiObject } from './api-object.ts';
import type { Cluster, Query } from './client.ts';
import type { Connection } from './connection.ts';
import { listPages } from './list-pages.ts';
import { readObject } from './list-text.ts';
import { readWatch } from './watch-stream.ts';

type WireObject = { metadata?: ApiObject<V1ObjectMeta> | null };
type WireEvent = { type?: unknown; object?: WireObject & { code?: unknown; message?: unknown } };

export type Collection<T> = {
  /** `/api/v1/namespaces/bentham-prod/pods`. */
  path: string;
  /** Where servers have it that do not know `path` (404). */
  olderPath?: string;
  query?: Query;
  /** In words: `pods in bentham-prod`. */
  noun: string;
  /** Undefined: not an object worth keeping. */
  read(wire: WireObject): T | undefined;
};

export type CollectionListener<T> = {
  /** The whole collection, whenever it changed, at most four times a second. Unchanged members keep their identity. */
  changed(values: readonly T[]): void;
  /** It cannot be listed or watched now. */
  failed(fault: Fault, retryAt: Instant): void;
};

/** Changes of 5,000 pods are reported in batches. */
const tellEvery: Ms = 250;
const pollTime: Ms = 5 * second;

/** Follows a collection until the signal aborts. */
export class Reflector<T> {
  readonly #connection: Connection;
  readonly #what: Collection<T>;
  readonly #listener: CollectionListener<T>;
  readonly #values = new Map<string, T>();
  #path: string;
  #version = '';
  /** Of the watch under way or the last one; `unreliable`: one that relied on them went silent. */
  #bookmarks: 'none yet' | 'seen' | 'unreliable' = 'none yet';
  #dirty = false;
  #timer: NodeJS.Timeout | undefined;
  #toldAt = 0;
  #again = new AbortController();
  /** Of the list under way: the server was away meanwhile. */
  #hurry = new AbortController();
  #cluster: Cluster | undefined;
  #listing = false;
  #failures = 0;
  /** Whether the collection is complete and being watched. */
  watching = false;

  constructor(connection: Connection, what: Collection<T>, listener: CollectionListener<T>) {
    this.#connection = connection;
    this.#what = what;
    this.#path = what.path;
    this.#listener = listener;
  }

  /** Relists now: a dead connection may have missed events. A list that is under way goes on. */
  renew(): void {
    if (this.#listing) void this.#hasten();
    else this.#again.abort();
  }

  /** Hurries the list under way; begins again if the cluster is not the one any more that it asks. */
  async #hasten(): Promise<void> {
    const [again, hurry, cluster] = [this.#again, this.#hurry, this.#cluster];
    const opened = await this.#connection.open();
    if (opened.ok && opened.value === cluster) hurry.abort();
    else again.abort();
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#again = new AbortController();
      const turn = AbortSignal.any([signal, this.#again.signal]);
      const ended = await this.#turn(turn).catch((error: unknown): Ended => ({ fault: this.#bug(error), told: true }));
      this.watching = false;
      if (signal.aborted) break;
      if (this.#again.signal.aborted) continue;
      this.#failures += 1;
      const paused = backoff(this.#failures, second / 2);
      // A proxy that ends every watch at once leaves the lists: they stay as fresh as those of who may not watch.
      const chosen = ended.pollAfter ?? (ended.fault ? paused : Math.min(pollTime, paused));
      // What the server asks for (Retry-After) counts, up to the longest pause there is.
      const rest = Math.max(chosen, Math.min(longestPause, ended.after ?? 0));
      // A watch that breaks once is no news: the list that follows at once will tell.
      if (ended.fault && (ended.told || this.#failures > 1)) this.#listener.failed(ended.fault, Date.now() + rest);
      await pause(rest, turn);
    }
    clearTimeout(this.#timer);
  }

  /** Lists, then watches again and again until something is wrong, or the server ends watches at once. */
  async #turn(signal: AbortSignal): Promise<Ended> {
    const opened = await this.#connection.open();
    if (!opened.ok) return { fault: opened.fault, told: true };
    const cluster = opened.value;
    this.#hurry = new AbortController();
    this.#cluster = cluster;
    this.#listing = true;
    const listed = await this.#list(cluster, signal).finally(() => {
      this.#listing = false;
    });
    if (!listed.ok) return { ...refused(listed), told: true };
    this.#settle(listed.value);
    if (this.#connection.once) return { pollAfter: pollTime };
    this.watching = true;
    while (!signal.aborted) {
      const begun = performance.now();
      const ended = await this.#watch(cluster, signal);
      const lasted = performance.now() - begun;
      if (lasted > 5 * second) this.#failures = 0;
      // Who may list and not watch is served by listing.
      if (!ended.ok && ended.status === 403) return { pollAfter: pollTime };
      if (!ended.ok) return refused(ended);
      if (lasted < second) return {};
    }
    return {};
  }

  async #list(cluster: Cluster, signal: AbortSignal): Promise<Answered<Map<string, T>>> {
    const { olderPath, query, noun } = this.#what;
    let found = new Map<string, T>();
    const listener = {
      begin: () => {
        found = new Map();
      },
      read: (wire: WireObject) => this.#read(wire),
      member: (member: Member<T>) => void this.#keep(found, member),
      failed: (fault: Fault, retryAt: Instant) => this.#listener.failed(fault, retryAt),
    };
    const request = { path: this.#path, query, noun };
    const listed = await listPages(cluster, request, listener, this.#hurry.signal, signal);
    if (!listed.ok && listed.status === 404 && olderPath !== undefined && this.#path !== olderPath) {
      this.#path = olderPath;
      return this.#list(cluster, signal);
    }
    if (!listed.ok) return listed;
    this.#version = listed.value;
    return { ok: true, value: found };
  }

  /** One watch, to its end. */
  async #watch(cluster: Cluster, signal: AbortSignal): Promise<Answered<undefined>> {
    const bookmarks = this.#bookmarks === 'seen';
    if (bookmarks) this.#bookmarks = 'none yet';
    const ended = await readWatch(
      cluster,
      {
        path: this.#path,
        query: { ...this.#what.query, resourceVersion: this.#version },
        noun: this.#what.noun,
        times: this.#connection.watchTimes,
        bookmarks,
        line: (text) => {
          this.#connection.proves();
          return this.#event(cluster, text);
        },
      },
      signal,
    );
    if (ended.ok) return ended;
    // Servers before 1.18 send one only before the end.
    const isUnreliable = bookmarks && this.#bookmarks === 'none yet' && ended.fault.kind === 'timeout';
    if (isUnreliable) this.#bookmarks = 'unreliable';
    else if (this.#bookmarks === 'seen') this.#bookmarks = 'none yet';
    return ended;
  }

  /** Applies one event; a fault means: relist. */
  #event(cluster: Cluster, line: string): Fault | undefined {
    if (line === '') return undefined;
    let event: WireEvent;
    try {
      event = readObject<WireEvent>(line);
    } catch {
      return malformed(cluster, `${this.#what.noun}: an event is not JSON`);
    }
    const { type, object } = event ?? {};
    if (type === 'ERROR') {
      const why = sanitize(object?.message, 120) || 'error';
      return { kind: 'unreachable', where: cluster.where, what: `watch ended: ${why}`, hint: 'relists automatically' };
    }
    if (typeof object !== 'object' || object === null) return undefined;
    if (type === 'BOOKMARK' && this.#bookmarks === 'none yet') this.#bookmarks = 'seen';
    const version = object.metadata?.resourceVersion;
    if (typeof version === 'string' && version !== '') this.#version = version;
    if (type === 'DELETED') {
      if (this.#values.delete(keyOf(object))) this.#changed();
    } else if ((type === 'ADDED' || type === 'MODIFIED') && this.#keep(this.#values, this.#read(object)))
      this.#changed();
    return undefined;
  }

  #read(wire: WireObject): Member<T> {
    return { key: keyOf(wire), value: this.#what.read(wire) };
  }

  /** Puts an object in its place; an equal one keeps its identity. True when something changed. */
  #keep(into: Map<string, T>, { key, value }: Member<T>): boolean {
    // Drops objects that are not needed any more: a replica set with an owner.
    if (value === undefined) return into.delete(key);
    const before = this.#values.get(key);
    const same = before !== undefined && isDeepStrictEqual(before, value);
    into.set(key, same ? before : value);
    return !same;
  }

  /**
   * A new list. It is reported even if nothing changed: as a sign of life, and for an empty list. What was there keeps its
   * place: in another order all would be grouped and sent anew.
   */
  #settle(found: Map<string, T>): void {
    for (const key of this.#values.keys()) if (!found.has(key)) this.#values.delete(key);
    for (const [key, value] of found) this.#values.set(key, value);
    this.#changed();
  }

  #bug(error: unknown): Fault {
    const what = `${this.#what.noun}: ${sanitize(error instanceof Error ? error.message : error, 160)}`;
    return { kind: 'malformed', where: this.#connection.where, what, hint: 'unexpected answer' };
  }

  #changed(): void {
    this.#dirty = true;
    this.#timer ??= setTimeout(() => this.#tell(), Math.max(0, this.#toldAt + tellEvery - performance.now()));
  }

  #tell(): void {
    this.#timer = undefined;
    if (!this.#dirty) return;
    this.#dirty = false;
    this.#toldAt = performance.now();
    this.#listener.changed([...this.#values.values()]);
  }
}

/** `value`: undefined where it is not worth keeping. */
type Member<T> = { key: string; value: T | undefined };

/** Why a turn ended. `told`: it is news even the first time. `pollAfter`: nothing is wrong, list again then. `after`: not before. */
type Ended = { fault?: Fault; told?: boolean; pollAfter?: Ms; after?: Ms };

function refused({ fault, after }: Refused): Ended {
  return { fault, after };
}

function keyOf({ metadata }: WireObject): string {
  return metadata?.uid ?? `${metadata?.namespace}/${metadata?.name}`;
}

function malformed(cluster: Cluster, what: string): Fault {
  return { kind: 'malformed', where: cluster.where, what, hint: 'not a Kubernetes API? check the context' };
}

// What the drill's relay holds: strings, sets and streams that expire, as Redis has them.
import { glob } from './keyspace.ts';
import type { Reply } from './protocol.ts';

/** The id of an entry: milliseconds, and a number that tells entries of one millisecond apart. */
export type EntryId = readonly [ms: number, sequence: number];
export type StreamEntry = { id: EntryId; fields: readonly string[] };

export type Content =
  | { kind: 'string'; value: string }
  | { kind: 'set'; members: Set<string> }
  | { kind: 'stream'; entries: StreamEntry[]; last: EntryId };

type Kept = { content: Content; expiresAt?: number };

/** Negative, zero or positive, as `a` is before, equal to or after `b`. */
export const compareIds = (a: EntryId, b: EntryId): number => a[0] - b[0] || a[1] - b[1];

export const idText = ([ms, sequence]: EntryId): string => `${ms}-${sequence}`;

/** All keys. Each change gives a key a new version, by which a transaction sees that something has changed. */
export class Records {
  readonly #kept = new Map<string, Kept>();
  readonly #versions = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #changes = 0;

  get(key: string): Content | undefined {
    const kept = this.#kept.get(key);
    if (kept?.expiresAt !== undefined && kept.expiresAt <= Date.now()) {
      this.delete(key);
      return undefined;
    }
    return kept?.content;
  }

  /** Puts it in place of what was there; without `expiresAt` (ms since 1970) it stays. */
  put(key: string, content: Content, expiresAt?: number): void {
    this.#kept.set(key, { content, expiresAt });
    this.changed(key);
  }

  delete(key: string): boolean {
    const existed = this.#kept.delete(key);
    if (existed) this.changed(key);
    return existed;
  }

  clear(): void {
    for (const key of [...this.#kept.keys()]) this.delete(key);
  }

  expire(key: string, at: number): boolean {
    if (this.get(key) === undefined) return false;
    const kept = this.#kept.get(key);
    if (kept) kept.expiresAt = at;
    this.changed(key);
    return true;
  }

  expiryOf(key: string): number | undefined {
    return this.get(key) === undefined ? undefined : this.#kept.get(key)?.expiresAt;
  }

  /** The keys that match a glob, those that have expired left out. */
  keys(pattern = '*'): readonly string[] {
    const wanted = glob(pattern);
    return [...this.#kept.keys()].filter((key) => wanted.test(key) && this.get(key) !== undefined);
  }

  /** Belongs after each change of a content in place. */
  changed(key: string): void {
    this.#changes += 1;
    this.#versions.set(key, this.#changes);
    for (const look of [...this.#waiting]) look();
  }

  versionOf(key: string): number {
    this.get(key);
    return this.#versions.get(key) ?? 0;
  }

  /** Calls `look` after each change until the returned function is called. */
  watch(look: () => void): () => void {
    this.#waiting.add(look);
    return () => this.#waiting.delete(look);
  }
}

export type Command = {
  /** The least number of arguments. */
  least: number;
  run(args: readonly string[], records: Records): Reply;
};

// Requests that came and have no answer yet.
import type { Instant } from '../../core/time.ts';

/** A request that came. */
type Came = {
  /** As long as its line is unread there may be more than its own. */
  ids: readonly string[];
  at?: Instant | undefined;
  /** The line that says so, until it is read: it may turn out to say something else. */
  unread?: string | undefined;
};

/** A request that came, as a line says it that was read. */
export type SaidToCome = { ids: readonly string[]; at?: Instant | undefined; isProbe: boolean };

/** Of each kind; the oldest are forgotten. */
const remembered = 5000;
/** Lines that wait to be read; each may hold the piece of the log with which it came. */
const mostUnread = 200;

/**
 * Fastify names the URL when a request comes and not when it is answered, so those under way are remembered. Their lines
 * are half of a log. Most are answered before anything depends on what else their lines say, and these are never read.
 */
export class RequestsUnderWay {
  readonly #read: (line: string, at?: Instant) => SaidToCome | undefined;
  /** By each of their ids, oldest first. */
  readonly #came = new Map<string, Came>();
  readonly #unread = new Set<Came>();
  readonly #probes = new Set<string>();
  /** Those that were counted before their last line came. */
  readonly #counted = new Set<string>();

  /** `read`: what a line says; undefined where no request came. */
  constructor(read: (line: string, at?: Instant) => SaidToCome | undefined) {
    this.#read = read;
  }

  /** A line that may say that a request came. `ids`: at least those it names; if it says so, the request is no probe. */
  note(line: string, at: Instant | undefined, ids: readonly string[] | undefined): void {
    if (ids === undefined || at === undefined || ids.some((id) => this.#knows(id))) this.#add(this.#read(line, at));
    else {
      const came = { ids, at, unread: line };
      for (const id of ids) this.#came.set(id, came);
      this.#unread.add(came);
      this.#settleOldest();
      forgetOldest(this.#came);
    }
  }

  /**
   * An answer with these ids. `isKnown`: to a probe, or to a request that was counted. `ids`: all that are known of its
   * request. `at`: when that came; only where it is asked for.
   */
  answer(ids: readonly string[], asksTime: boolean): { isKnown: boolean; ids: readonly string[]; at?: Instant } {
    const came = asksTime || !this.#isTheirs(ids) ? this.#findRead(ids) : undefined;
    const all = came ? [...new Set([...ids, ...came.ids])] : ids;
    let isKnown = false;
    for (const id of all) {
      // Another request may have one of its ids by now.
      this.#drop(id, ids.includes(id) ? undefined : came);
      if (this.#probes.delete(id) || this.#counted.delete(id)) isKnown = true;
    }
    return { isKnown, ids: all, at: came?.at };
  }

  /** Whether one of these is under way, be it a probe. */
  has(ids: readonly string[]): boolean {
    return this.#findRead(ids) !== undefined || ids.some((id) => this.#probes.has(id));
  }

  /** Those that came before `then`; each is counted so. */
  takeOlder(then: Instant): readonly { at: Instant }[] {
    const found: { at: Instant }[] = [];
    for (const [id, came] of this.#came) {
      const { at } = came;
      if (at === undefined || at > then) continue;
      this.#settle(came);
      // Its line said something else.
      if (this.#came.get(id) !== came) continue;
      for (const each of came.ids) this.#drop(each, came);
      this.count(came.ids);
      found.push({ at });
    }
    return found;
  }

  /** These were counted: a later line of them tells nothing new. */
  count(ids: readonly string[]): void {
    for (const id of ids) this.#counted.add(id);
    forgetOldest(this.#counted);
  }

  /** Which were answered is unknown from now on. Probes stay known. */
  forget(): void {
    this.#came.clear();
    this.#unread.clear();
  }

  #knows(id: string): boolean {
    return this.#came.has(id) || this.#probes.has(id) || this.#counted.has(id);
  }

  /** The request that has the first of these ids. What is unread about any of them is read first. */
  #findRead(ids: readonly string[]): Came | undefined {
    for (const id of ids) this.#settle(this.#came.get(id));
    for (const id of ids) {
      const came = this.#came.get(id);
      if (came) return came;
    }
    return undefined;
  }

  /** Whether these are all ids of one unread request, and of no other: then nothing else in its line matters. */
  #isTheirs(ids: readonly string[]): boolean {
    const all = ids.flatMap((id) => this.#came.get(id) ?? []);
    const [came] = all;
    return came?.unread !== undefined && all.every((one) => one === came) && came.ids.every((id) => ids.includes(id));
  }

  /** Reads what was not read: which of the ids are its own, none where no request came. */
  #settle(came: Came | undefined): void {
    if (came?.unread === undefined) return;
    const own = this.#read(came.unread, came.at)?.ids ?? [];
    for (const id of came.ids) if (!own.includes(id)) this.#drop(id, came);
    came.ids = own;
    came.unread = undefined;
    this.#unread.delete(came);
  }

  /** `of`: only where the request that has this id now is that one. */
  #drop(id: string, of = this.#came.get(id)): void {
    if (of === undefined || this.#came.get(id) !== of) return;
    this.#came.delete(id);
    this.#unread.delete(of);
  }

  #settleOldest(): void {
    if (this.#unread.size <= mostUnread) return;
    for (const oldest of this.#unread) {
      this.#settle(oldest);
      return;
    }
  }

  #add(said: SaidToCome | undefined): void {
    if (!said) return;
    for (const id of said.ids) {
      this.#counted.delete(id);
      if (said.isProbe) this.#probes.add(id);
      else this.#came.set(id, said);
    }
    forgetOldest(this.#came);
    forgetOldest(this.#probes);
  }
}

function forgetOldest(some: Map<string, unknown> | Set<string>): void {
  if (some.size <= remembered) return;
  for (const oldest of some.keys()) {
    if (some.size <= remembered) return;
    some.delete(oldest);
  }
}

// What a cockpit knows of one stream of the relay, and what of the journal is not on it.
import { type Ms, second } from '../../core/time.ts';
import { digest, digestOf, isTooLong, type RelayLine } from './relay-line.ts';
import { beginning, type Page } from './stream.ts';

/** What was sent and is not read back within this is sent again: the relay may have dropped it. */
const echoWithin: Ms = 10 * second;

const byId = (a: RelayLine, b: RelayLine): number => (a.id < b.id ? -1 : 1);

export class Stream {
  last = beginning;
  /** Entries that were read. */
  length = 0;
  /** How many entries more than were read it had at the last check, and how many were read then. */
  gap: string | undefined;
  /** When it was begun (`performance.now`). */
  readonly begunAt = performance.now();
  whole = false;
  /** It is to be read again, and all of it to be taken. */
  isDue = false;
  /** The relay may have more than was read: its last answer was a full one. */
  isBehind = true;
  /** The lines that the relay has shown, by digest: how many entries were read when each was last shown. */
  readonly #shown = new Map<string, number>();
  /** When a line was sent, by digest; until it is read back. */
  readonly #sentAt = new Map<string, number>();
  /** Lines of the journal that it has not shown, by digest: this cockpit's own, and others'. */
  readonly #lacking = { own: new Map<string, RelayLine>(), others: new Map<string, RelayLine>() };
  readonly #lasting: RelayLine[] = [];
  /** Lines of the journal that were looked at: each one is, once. */
  #looked = 0;
  /** The least id of the lines that it has shown; those that last may have been sent again. */
  #first: string | undefined;
  #tooLong = 0;

  has(line: string): boolean {
    return this.#shown.has(digest(line));
  }

  /** A page was read. */
  show({ lines, entries, last, full }: Page): void {
    this.length += entries;
    this.last = last;
    this.isBehind = full;
    for (const text of lines) {
      const name = digest(text);
      this.#shown.set(name, this.length);
      this.#sentAt.delete(name);
      for (const lacking of [this.#lacking.own, this.#lacking.others]) {
        const line = lacking.get(name);
        if (line) this.#begins(line);
        lacking.delete(name);
      }
    }
  }

  /** Lines were sent. One that was read back already, and does not last, is not waited for. */
  sent(lines: readonly RelayLine[]): void {
    for (const line of lines)
      if (line.isLasting || !this.#shown.has(digestOf(line))) this.#sentAt.set(digestOf(line), performance.now());
  }

  /** How many own lines are longer than the relay takes. `all`: the journal's, in the order in which they came. */
  tooLong(all: readonly RelayLine[]): number {
    this.#look(all);
    return this.#tooLong;
  }

  /**
   * Lines of an incident that are not on the relay, own ones or others', by id. A stream that is full (`keeps` entries)
   * has dropped its oldest: they are not missing, or each cockpit would push out what is newer. But those that last are, as
   * long as they are few. `all`: the journal's, in the order in which they came.
   */
  missing(all: readonly RelayLine[], own: boolean, keeps: number): readonly RelayLine[] {
    this.#look(all);
    const isFull = this.length >= keeps;
    if (isFull && this.whole) this.#forgetDropped();
    const now = performance.now();
    // Sent, and perhaps among what was not read yet.
    const isUnderWay = (line: RelayLine) => {
      const at = this.#sentAt.get(digestOf(line));
      return at !== undefined && (this.isBehind || now - at < echoWithin);
    };
    const lacking = own ? this.#lacking.own : this.#lacking.others;
    this.#keepNewest(lacking, keeps);
    const dropped = isFull ? this.#dropped(keeps).filter((line) => line.own === own) : [];
    const missing = [...new Set([...lacking.values(), ...dropped])].filter((line) => !isUnderWay(line));
    return missing.length > 1 ? missing.sort(byId) : missing;
  }

  #look(all: readonly RelayLine[]): void {
    for (; this.#looked < all.length; this.#looked += 1) {
      const line = all[this.#looked];
      if (line) this.#lookAt(line);
    }
  }

  #lookAt(line: RelayLine): void {
    if (isTooLong(line)) {
      if (line.own) this.#tooLong += 1;
      return;
    }
    if (line.isLasting) this.#lasting.push(line);
    const name = digestOf(line);
    if (this.#shown.has(name)) this.#begins(line);
    else (line.own ? this.#lacking.own : this.#lacking.others).set(name, line);
  }

  #begins({ id, isLasting }: RelayLine): void {
    if (!isLasting && (this.#first === undefined || id < this.#first)) this.#first = id;
  }

  /** More than it keeps would push out what was just sent. */
  #keepNewest(lacking: Map<string, RelayLine>, keeps: number): void {
    if (lacking.size <= keeps + this.#lasting.length) return;
    const sorted = [...lacking].sort(([, a], [, b]) => byId(a, b));
    for (const [name, { isLasting }] of sorted.slice(0, -keeps)) if (!isLasting) lacking.delete(name);
  }

  /** What is older than the oldest that it has shown was there, and made room. */
  #forgetDropped(): void {
    const first = this.#first;
    if (first === undefined) return;
    for (const lacking of [this.#lacking.own, this.#lacking.others])
      for (const [name, { id }] of lacking) if (id < first) lacking.delete(name);
  }

  /** Of a full stream: the lines that last and were dropped. */
  #dropped(keeps: number): readonly RelayLine[] {
    if (this.#lasting.length > keeps / 4) return [];
    return this.#lasting.filter((line) => this.length - (this.#shown.get(digestOf(line)) ?? 0) >= keeps);
  }
}

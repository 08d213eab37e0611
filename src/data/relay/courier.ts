// Carries signed lines between this cockpit's journal and the relay, in both directions and without doubles: what the relay
// lacks is sent, what the journal lacks is taken. Neither trusts the other: a line is known by its content, its order and
// its author by its signature.
import { type Ms, minute, second } from '../../core/time.ts';
import { pause } from '../source.ts';
import type { Stream } from './carried.ts';
import { Followed, type Shared } from './followed.ts';
import { listenFor, type RelayLink, type Up } from './link.ts';
import type { RelayLine } from './relay-line.ts';
import { announce, append, beginning, lengthOf, news, openIncidents, type Page, read } from './stream.ts';

/** What the journal offers. */
export type Book = {
  /** The incidents that this cockpit shares, with their state. `counts`: what it writes there has effect. */
  shared(): readonly { incident: string; isOpen: boolean; counts: boolean }[];
  /** Every line of an incident that is known, in the order in which they came; the same objects each time. */
  linesOf(incident: string): readonly RelayLine[];
  /** Takes lines that the relay has: text of strangers. Resolves when those that count are on the disk. */
  take(incident: string, lines: readonly string[]): Promise<void>;
};

/** Lines that are taken in a second, after those that were there at the beginning. */
const mostPerSecond = 1000;
/** How often it is looked whether lines are missing on the relay. */
const checkEvery: Ms = 2 * second;
/** How often streams are read again from their beginning, for what a relay may have lost without a word. */
const readAgainEvery: Ms = 5 * minute;
/** Who sends again what others have written holds this for so long: one of all cockpits is enough. */
const refillFor: Ms = 10 * second;
/** How soon a stream that has more entries than were read is read again. */
const gapReadAgain: Ms = 10 * second;
/** How often the index is read again. */
const indexAgainEvery: Ms = 10 * second;

export class Courier {
  readonly #link: RelayLink;
  readonly #book: Book;
  readonly #session: string;
  readonly #changed: () => void;
  readonly #followed = new Followed();
  #told = new Map<string, 'open' | 'over'>();
  #index = beginning;
  #sending: Promise<void> = Promise.resolve();
  #up: Up | undefined;
  #isRead = false;

  constructor(link: RelayLink, book: Book, session: string, changed: () => void) {
    this.#link = link;
    this.#book = book;
    this.#session = session;
    this.#changed = changed;
  }

  /** Own lines that the relay does not have, as far as is known; those that are too long for it are left out. */
  get unsent(): number {
    return this.#sum((stream, lines) => stream.missing(lines, true, this.#link.keeps).length);
  }

  /** Whether everything that the relay had when it was connected was read. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Own lines that are longer than the relay takes: they stay in this journal. */
  get tooLong(): number {
    return this.#sum((stream, lines) => stream.tooLong(lines));
  }

  #sum(count: (known: Stream, lines: readonly RelayLine[]) => number): number {
    const counts = this.#book
      .shared()
      .map(({ incident }) => count(this.#followed.known(incident), this.#book.linesOf(incident)));
    return counts.reduce((sum, one) => sum + one, 0);
  }

  get #shared(): Shared {
    return new Map(this.#book.shared().map(({ incident, counts }) => [incident, counts]));
  }

  /** Works while a connection is up: reads everything, sends what is missing, then waits for news. */
  async work(up: Up): Promise<void> {
    const { incidents, last } = await openIncidents(up.ask, up.options);
    this.#index = last;
    this.#told = new Map(incidents.map((incident) => [incident, 'open']));
    this.#followed.leaveAll(this.#shared);
    this.#up = up;
    try {
      for (const { incident, counts } of this.#book.shared()) if (counts) await this.#begin(up, incident);
      await this.#beginOthers(up, incidents);
      this.#isRead = true;
      this.#changed();
      await Promise.race([this.#listen(up), this.#check(up)]);
    } finally {
      this.#up = undefined;
    }
  }

  /** Sends new own lines now. Errors end the connection, and the lines are sent when it is back. */
  async send(): Promise<void> {
    const turn = this.#sending.then(async () => {
      const up = this.#up;
      if (!up) return;
      if (!up.options.readOnly) await this.#publish(up).then(up.works, up.fail);
      else up.works();
      this.#changed();
    });
    this.#sending = turn;
    return turn;
  }

  /** Reads an incident again from its beginning, soon. */
  readAgain(incident: string): void {
    const stream = this.#followed.get(incident);
    if (stream) stream.isDue = true;
  }

  /** Follows what the index names. Streams that had to make room are left alone until they have grown. */
  async #beginOthers(up: Up, incidents: readonly string[]): Promise<void> {
    for (const incident of incidents) {
      const known = this.#followed.lengthOfHollow(incident);
      if (known !== undefined && known === (await lengthOf(up.ask, up.options, incident))) continue;
      await this.#begin(up, incident);
    }
  }

  /** Follows an incident, from its beginning. */
  async #begin(up: Up, incident: string): Promise<void> {
    const stream = this.#followed.begin(incident, this.#shared);
    if (!stream) return;
    // A stream is longer than it should be only where somebody else writes it.
    const most = this.#link.keeps * 2;
    for (let full = true; full && stream.length < most && !up.signal.aborted; ) {
      const page = await read(up.ask, up.options, incident, stream.last);
      full = page.full;
      await this.#take(incident, stream, page);
    }
    this.#followed.complete(incident, stream);
    this.#changed();
  }

  async #take(incident: string, stream: Stream, page: Page): Promise<void> {
    const fresh = this.#followed.freshIn(incident, stream, page.lines);
    // At once: nobody sends again what is being taken.
    stream.show(page);
    if (fresh.length === 0) return;
    try {
      await this.#book.take(incident, fresh);
    } catch (error) {
      this.#followed.drop(incident);
      throw error;
    }
  }

  async #listen(up: Up): Promise<void> {
    let taken = 0;
    let since = performance.now();
    while (!up.signal.aborted) {
      const cursors = new Map(this.#followed.all.filter(([, { whole }]) => whole).map(([id, { last }]) => [id, last]));
      const { index, opened, pages } = await news(
        up.listen,
        up.options,
        { index: this.#index, incidents: cursors },
        listenFor,
      );
      this.#index = index;
      await this.#beginOthers(up, opened);
      for (const [incident, from] of cursors) {
        const stream = this.#followed.get(incident);
        // It was read from its beginning meanwhile.
        if (!stream || stream.last !== from) continue;
        const page = pages.get(incident);
        stream.isBehind = page?.full ?? false;
        taken += page?.lines.length ?? 0;
        if (page) await this.#take(incident, stream, page);
      }
      if (performance.now() - since > second) [taken, since] = [0, performance.now()];
      if (taken > mostPerSecond) await pause(second, up.signal);
    }
  }

  /** Sends what is missing, and reads again what may have been lost. */
  async #check(up: Up): Promise<void> {
    let [readAt, indexAt] = [performance.now(), performance.now()];
    const isDue = (at: number, every: Ms) => performance.now() - at > every;
    while (!up.signal.aborted) {
      await this.send();
      await this.#refill(up);
      await pause(checkEvery, up.signal);
      if (isDue(indexAt, indexAgainEvery)) {
        const { incidents, last } = await openIncidents(up.ask, up.options);
        [this.#index, indexAt] = [last, performance.now()];
        // The index may have lost it, and anybody can say that it is over.
        for (const [incident, state] of this.#told)
          if (state === 'open' && !incidents.includes(incident)) this.#told.delete(incident);
        await this.#beginOthers(up, incidents);
      }
      const again = isDue(readAt, readAgainEvery);
      if (again) readAt = performance.now();
      for (const [incident, stream] of this.#followed.all) {
        if (!stream.whole) continue;
        const differs = this.#differs(stream, await lengthOf(up.ask, up.options, incident), this.#link.keeps);
        if (!again && !differs && !stream.isDue) continue;
        this.#followed.leave(incident);
        await this.#begin(up, incident);
      }
    }
  }

  /** Whether the relay has lost entries of a stream, or held some back. What is full drops its oldest. */
  #differs(stream: Stream, length: number, most: number): boolean {
    if (length < stream.length) return length < most;
    // What has just come is read at once: only what stays unread from one check to the next was held back.
    const gap = length > stream.length ? `${length} ${stream.length}` : undefined;
    const isHeldBack = gap !== undefined && gap === stream.gap;
    stream.gap = gap;
    return isHeldBack && performance.now() - stream.begunAt > gapReadAgain;
  }

  async #publish(up: Up): Promise<void> {
    for (const { incident, isOpen } of this.#book.shared()) {
      await this.#begin(up, incident);
      await this.#append(up, incident, this.#missing(incident, true));
      const state = isOpen ? 'open' : 'over';
      if (this.#told.get(incident) === state || (!isOpen && !this.#told.has(incident))) continue;
      await announce(up.ask, up.options, incident, state);
      this.#told.set(incident, state);
    }
  }

  /** What others wrote and the relay has lost: one of those who have it, and have read all that is there, sends it again. */
  async #refill(up: Up): Promise<void> {
    if (up.options.readOnly) return;
    for (const { incident } of this.#book.shared()) {
      if (this.#missing(incident, false).length === 0) continue;
      const key = `${up.options.root}:refill:${incident}`;
      if (!(await up.ask.set(key, this.#session, 'PX', refillFor, 'NX'))) continue;
      const there = await lengthOf(up.ask, up.options, incident);
      const stream = this.#followed.get(incident);
      if (!stream || stream.isBehind || there > stream.length) continue;
      const goesOn = () => up.ask.set(key, this.#session, 'PX', refillFor);
      await this.#append(up, incident, this.#missing(incident, false), goesOn);
    }
  }

  /** `goesOn`: called before each part. */
  async #append(up: Up, incident: string, lines: readonly RelayLine[], goesOn?: () => Promise<unknown>): Promise<void> {
    const stream = this.#followed.get(incident);
    if (!stream?.whole || lines.length === 0) return;
    const most = 500;
    for (let at = 0; at < lines.length; at += most) {
      const some = lines.slice(at, at + most);
      await goesOn?.();
      await append(up.ask, up.options, incident, { lines: some.map(({ text }) => text), keeps: this.#link.keeps });
      stream.sent(some);
    }
  }

  /** Lines that are not on the relay, own ones or others'. */
  #missing(incident: string, own: boolean): readonly RelayLine[] {
    const stream = this.#followed.get(incident);
    if (!stream?.whole) return [];
    return stream.missing(this.#book.linesOf(incident), own, this.#link.keeps);
  }
}

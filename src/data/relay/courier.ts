// Carries signed lines between this cockpit's journal and the relay, in both directions and without doubles: what the relay
// lacks is sent, what the journal lacks is taken. Neither trusts the other: a line is known by its content, its order and
// its author by its signature.
import { type Ms, minute, second } from '../../core/time.ts';
import { pause } from '../source.ts';
import { begunStream, missingFrom, type Stream } from './carried.ts';
import { listenFor, type RelayLink, type Up } from './link.ts';
import { digest, digestOf, isTooLong, type RelayLine } from './relay-line.ts';
import { announce, append, beginning, lengthOf, news, openIncidents, type Page, read } from './stream.ts';

/** What the journal offers. */
export type Book = {
  /** The incidents that this cockpit shares, with their state. `counts`: what it writes there has effect. */
  shared(): readonly { incident: string; isOpen: boolean; counts: boolean }[];
  /** Every line of an incident that is known, by id; the same objects each time. */
  linesOf(incident: string): readonly RelayLine[];
  /** Takes lines that the relay has: text of strangers. Resolves when those that count are on the disk. */
  take(incident: string, lines: readonly string[]): Promise<void>;
};

/** Incidents that are followed at once, beside those in which this cockpit counts: anybody can name some on the relay. */
const mostOthers = 20;
/** Lines that are taken in a second, after those that were there at the beginning. */
const mostPerSecond = 1000;
/** How often it is looked whether lines are missing on the relay. */
const checkEvery: Ms = 2 * second;
/** How often streams are read again from their beginning, for what a relay may have lost without a word. */
const readAgainEvery: Ms = 5 * minute;
/** Who sends again what others have written holds this for so long: one of all cockpits is enough. */
const refillFor: Ms = 10 * second;

/** Streams without an incident that are remembered. */
const mostHollow = 1000;
/** How soon a stream that has more entries than were read is read again. */
const gapReadAgain: Ms = 10 * second;
/** How often the index is read again. */
const indexAgainEvery: Ms = 10 * second;

export class Courier {
  readonly #link: RelayLink;
  readonly #book: Book;
  readonly #session: string;
  readonly #changed: () => void;
  #streams = new Map<string, Stream>();
  #told = new Map<string, 'open' | 'over'>();
  /** Streams without an incident that made room, and how many entries each had. */
  readonly #hollow = new Map<string, number>();
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
    return this.#book.shared().reduce((sum, { incident }) => sum + this.#missing(incident, true).length, 0);
  }

  /** Whether everything that the relay had when it was connected was read. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Own lines that are longer than the relay takes: they stay in this journal. */
  get tooLong(): number {
    const lines = this.#book.shared().flatMap(({ incident }) => this.#book.linesOf(incident));
    return lines.filter((line) => line.own && isTooLong(line)).length;
  }

  /** Works while a connection is up: reads everything, sends what is missing, then waits for news. */
  async work(up: Up): Promise<void> {
    const { incidents, last } = await openIncidents(up.ask, up.options);
    this.#index = last;
    this.#told = new Map(incidents.map((incident) => [incident, 'open']));
    this.#streams.clear();
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
      if (!up || up.options.readOnly) return;
      await this.#publish(up).catch(up.fail);
      this.#changed();
    });
    this.#sending = turn;
    return turn;
  }

  /** Reads an incident again from its beginning, soon. */
  readAgain(incident: string): void {
    const stream = this.#streams.get(incident);
    if (stream) stream.isDue = true;
  }

  /** Follows what the index names. Streams that had to make room are left alone until they have grown. */
  async #beginOthers(up: Up, incidents: readonly string[]): Promise<void> {
    for (const incident of incidents) {
      const known = this.#streams.has(incident) ? undefined : this.#hollow.get(incident);
      if (known !== undefined && known === (await lengthOf(up.ask, up.options, incident))) continue;
      await this.#begin(up, incident);
    }
  }

  /** Whether there is room for one more stream. One in which nobody opened an incident makes room for another. */
  #hasRoom(incident: string): boolean {
    const shared = new Map(this.#book.shared().map((one) => [one.incident, one.counts]));
    if (shared.get(incident)) return true;
    const others = [...this.#streams].filter(([one]) => !shared.get(one));
    if (others.length < mostOthers) return true;
    const [hollow, stream] = others.find(([one, { whole }]) => whole && !shared.has(one)) ?? [];
    if (hollow === undefined || !stream) return false;
    this.#streams.delete(hollow);
    if (this.#hollow.size >= mostHollow) this.#hollow.clear();
    this.#hollow.set(hollow, stream.length);
    return true;
  }

  /** Follows an incident, from its beginning. */
  async #begin(up: Up, incident: string): Promise<void> {
    if (this.#streams.has(incident) || !this.#hasRoom(incident)) return;
    const stream = begunStream();
    this.#streams.set(incident, stream);
    // A stream is longer than it should be only where somebody else writes it.
    const most = up.options.keeps.entries * 2;
    for (let full = true; full && stream.length < most && !up.signal.aborted; ) {
      const page = await read(up.ask, up.options, incident, stream.last);
      full = page.full;
      await this.#take(incident, stream, page);
    }
    stream.whole = true;
    this.#changed();
  }

  async #take(incident: string, stream: Stream, { lines, entries, last }: Page): Promise<void> {
    const fresh = lines.filter((line) => !stream.lines.has(digest(line)));
    stream.length += entries;
    for (const line of lines) {
      stream.lines.set(digest(line), stream.length);
      stream.sent.delete(digest(line));
    }
    stream.last = last;
    if (fresh.length > 0) await this.#book.take(incident, fresh);
  }

  async #listen(up: Up): Promise<void> {
    let taken = 0;
    let since = performance.now();
    while (!up.signal.aborted) {
      const cursors = new Map([...this.#streams].filter(([, { whole }]) => whole).map(([id, { last }]) => [id, last]));
      const { index, opened, pages } = await news(
        up.listen,
        up.options,
        { index: this.#index, incidents: cursors },
        listenFor,
      );
      this.#index = index;
      await this.#beginOthers(up, opened);
      for (const [incident, page] of pages) {
        const stream = this.#streams.get(incident);
        // It was read from its beginning meanwhile.
        if (!stream || stream.last !== cursors.get(incident)) continue;
        taken += page.lines.length;
        await this.#take(incident, stream, page);
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
      for (const [incident, stream] of [...this.#streams]) {
        if (!stream.whole) continue;
        const differs = this.#differs(stream, await lengthOf(up.ask, up.options, incident), up.options.keeps.entries);
        if (!again && !differs && !stream.isDue) continue;
        this.#streams.delete(incident);
        await this.#begin(up, incident);
      }
    }
  }

  /** Whether the relay has lost entries of a stream, or held some back. What is full drops its oldest. */
  #differs(stream: Stream, length: number, most: number): boolean {
    if (length < stream.length) return stream.length < most;
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

  /** What others wrote and the relay has lost: who has it sends it again. */
  async #refill(up: Up): Promise<void> {
    if (up.options.readOnly) return;
    for (const { incident } of this.#book.shared()) {
      if (this.#missing(incident, false).length === 0) continue;
      const key = `${up.options.root}:refill:${incident}`;
      const mine = await up.ask.set(key, this.#session, 'PX', refillFor, 'NX');
      if (mine) await this.#append(up, incident, this.#missing(incident, false));
    }
  }

  async #append(up: Up, incident: string, lines: readonly RelayLine[]): Promise<void> {
    const stream = this.#streams.get(incident);
    if (!stream?.whole || lines.length === 0) return;
    const most = 500;
    for (let at = 0; at < lines.length; at += most) {
      const some = lines.slice(at, at + most);
      await append(
        up.ask,
        up.options,
        incident,
        some.map(({ text }) => text),
      );
      for (const one of some)
        if (one.isLasting || !stream.lines.has(digestOf(one))) stream.sent.set(digestOf(one), performance.now());
    }
  }

  /** Lines that are not on the relay, own ones or others'. */
  #missing(incident: string, own: boolean): readonly RelayLine[] {
    const all = this.#book.linesOf(incident);
    return missingFrom(this.#streams.get(incident), all, own, this.#link.options.keeps.entries);
  }
}

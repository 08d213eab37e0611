// The journal of this run: one's own file to write, those of the account's other cockpits to read, and what others signed.
import { existsSync } from 'node:fs';
import { monotonicFactory, ulid } from 'ulid';
import type { ReadonlyList } from '../../core/growing.ts';
import type { JournalTrouble } from '../../core/incident/context.ts';
import { type Entry, type Event, identityOf, isAutomatic, type Writer, withNews } from '../../core/incident/event.ts';
import { formatCounted } from '../../core/text/format.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import { Distrusted } from '../../disk/private-files.ts';
import type { Result } from '../source.ts';
import { inspect, onlyObserves, prepare, refusedBeside } from './directory.ts';
import { type HeldLine, HeldLines } from './held-lines.ts';
import { KeyFiles } from './key-files.ts';
import { isLasting } from './lasting.ts';
import type { JournalOptions, JournalState } from './options.ts';
import { OwnFile, type SignedLine } from './own-file.ts';
import { type Known, Others } from './peer-files.ts';
import { timeOf } from './plausible.ts';
import { type Receipt, Received } from './received.ts';
import { fitting, safe } from './sanitize-entry.ts';
import { Witness } from './witness.ts';

/** `at`: default is now. `automatic`: the cockpit did it by itself. */
type About = { incident?: string; at?: Instant; automatic?: boolean };

export class Journal {
  readonly #options: JournalOptions;
  /** Its `signer` is known once the journal is open. */
  readonly keys: KeyFiles;
  readonly #own: OwnFile;
  readonly #received: Received;
  readonly #others: Others;
  readonly #listeners = new Set<() => void>();
  readonly #senders = new Set<(lines: readonly SignedLine[]) => void>();
  #writer: Writer;
  readonly #nextId = monotonicFactory();
  #entries: ReadonlyList<Entry> = [];
  #queue: Promise<unknown> = Promise.resolve();
  #trouble: JournalTrouble | undefined;
  #beside: readonly string[] = [];
  #last: Instant = 0;
  #clockIsBehind: Ms = 0;
  readonly #witness = new Witness();
  readonly #lines: HeldLines | undefined;
  /** The hash of each line, by what tells entries apart; where lines are received. */
  readonly #hashes: Map<string, string> | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#writer = { session: ulid(options.now?.() ?? Date.now()), ...options.writer };
    if (options.shares) [this.#lines, this.#hashes] = [new HeldLines(), new Map()];
    const { directory } = options.place;
    this.keys = new KeyFiles(directory);
    const ready = async () => {
      const fault = prepare(options.place);
      if (fault) throw new Distrusted(fault.what, fault.hint);
    };
    this.#own = new OwnFile(directory, this.#writer, async () => {
      await ready();
      await this.keys.save();
    });
    this.#received = new Received(directory, this.#writer.session, ready);
    this.#others = new Others(options.place, {
      skips: [this.#own.path, this.#received.path],
      keys: this.keys,
      shares: options.shares === true,
      reading: options.reading,
      take: (news) => this.#take(news),
      now: () => Date.now() + this.#clockIsBehind,
    });
  }

  /** Who writes. The key is known once the journal is open. */
  get writer(): Writer {
    return this.#writer;
  }

  /** Reads what is there and begins to follow it. A directory that cannot be used is a trouble, not an end. */
  async open(): Promise<void> {
    this.#trouble = this.#prepare();
    await this.#loadKey(this.#writer.name);
    await this.#others.look();
    this.#others.start();
  }

  /**
   * Gives the writer the name of a person, and the key of that name. False: this run has written under another name, and
   * its entries keep one name.
   */
  async rename(name: string): Promise<boolean> {
    if (name === this.#writer.name) return true;
    if (this.#own.head[0] > 0) return false;
    await this.#loadKey(name);
    this.#tell();
    return true;
  }

  async #loadKey(name: string): Promise<void> {
    await this.keys.load(name, this.#options.observing);
    this.#writer = { ...this.#writer, name, key: this.keys.signer?.id };
  }

  /** Every entry that is known, in order. */
  get entries(): ReadonlyList<Entry> {
    return this.#entries;
  }

  get state(): JournalState {
    return {
      directory: this.#options.place.directory,
      trouble: this.#trouble,
      unwritten: this.#own.unwritten + this.#received.unwritten,
      notes: [...this.#beside, ...this.keys.notes, ...this.#others.troubles],
    };
  }

  /** The signed lines about an incident, in the order in which they came. None where nothing is shared. */
  linesOf(incident: string): readonly HeldLine[] {
    return this.#lines?.of(incident) ?? [];
  }

  /** Called when entries came, or the journal's own state changed; returns how to stop listening. */
  onNews(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Records an event and flushes it to the disk. A fault says that it is not on the disk: it is kept, shown, and
   * written as soon as that is possible again.
   */
  append(
    event: Event,
    incident?: string,
    { at = this.#now(), automatic = isAutomatic(event) }: Omit<About, 'incident'> = {},
  ): Promise<Result<Entry>> {
    if (this.#options.observing) return Promise.resolve({ ok: false, fault: onlyObserves(this.#options.place) });
    // The first entry of a run is compared with what was written on this host before it.
    const last = this.#last || this.#lastOnThisHost();
    if (last - at > second) {
      const says = `the clock jumped back by ${Math.round((last - at) / 1000)} s`;
      this.#add({ kind: 'journal', what: 'clock-back', says }, { incident, at, automatic: true });
    }
    this.#last = at;
    const entry = this.#add(event, { incident, at, automatic });
    return this.flush().then((fault) => (fault ? { ok: false, fault } : { ok: true, value: entry }));
  }

  /** Brings everything to the disk; says what is in the way. */
  flush(): Promise<JournalTrouble | undefined> {
    const turn = this.#queue.then(() => this.#flush());
    this.#queue = turn;
    return turn;
  }

  async close(): Promise<void> {
    this.#others.stop();
    if (this.#own.head[0] > 0) await this.append({ kind: 'journal', what: 'closed', says: 'the cockpit was quit' });
    await this.#queue;
    await this.#own.close();
    await this.#received.close();
  }

  /** Called with lines of this run once they are on the disk, so that others can have them; returns how to stop. */
  onWritten(sender: (lines: readonly SignedLine[]) => void): () => void {
    this.#senders.add(sender);
    return () => void this.#senders.delete(sender);
  }

  /**
   * Takes lines that another account signed: checks each, and keeps the new ones as they are: on the disk when this
   * resolves, or later if the journal has a trouble. `takes`: whether a new one is wanted. Throws if nothing is shared.
   */
  async receive(texts: readonly string[], takes: (entry: Entry) => boolean = () => true): Promise<readonly Receipt[]> {
    const hashes = this.#hashes;
    if (!hashes) throw new Error('a journal that shares nothing receives nothing');
    const now = this.#now();
    const receipts: Receipt[] = [];
    const news: Known[] = [];
    for (const text of texts) {
      const receipt = this.#received.check(text, now, { known: hashes, takes });
      receipts.push(receipt);
      if (receipt.outcome !== 'new') continue;
      const { entry, hash } = receipt;
      hashes.set(identityOf(entry), hash);
      news.push({ entry: this.keys.marked(entry), hash, text });
      if (!this.#options.observing) this.#received.add(text);
    }
    if (news.length === 0) return receipts;
    if (!this.#options.observing) await this.flush();
    this.#take(news);
    return receipts;
  }

  #write(): Promise<JournalTrouble | undefined> {
    const own = this.#own.flush((lines) => {
      for (const line of lines) this.#lines?.add({ ...line, own: true });
      for (const sender of this.#senders) sender(lines);
    });
    return own.then(async (trouble) => trouble ?? (await this.#received.flush()));
  }

  async #flush(): Promise<JournalTrouble | undefined> {
    const before = this.#trouble;
    const waiting = this.#own.unwritten + this.#received.unwritten;
    // A refused directory is checked again: its permissions may be fixed by now.
    const refused = this.#prepare();
    const fault = refused ?? (await this.#write());
    this.#trouble = fault;
    if (before && !fault && waiting > 0)
      await this.#tellLate(`${formatCounted(waiting, 'entry was', 'entries were')} written late: ${before.what}`);
    const restored = fault ? undefined : this.#own.takeRestored();
    if (restored) await this.#tellLate(restored);
    if (before || fault) this.#tell();
    return this.#trouble;
  }

  async #tellLate(says: string): Promise<void> {
    this.#add({ kind: 'journal', what: 'written-late', says }, { automatic: true });
    this.#trouble = await this.#write();
  }

  /** An observer makes no directory: one that is not there is one without incidents. */
  #prepare(): JournalTrouble | undefined {
    const { place, observing } = this.#options;
    const isThere = !observing || existsSync(place.directory);
    const trouble = observing ? (isThere ? inspect(place) : undefined) : prepare(place);
    const beside = isThere && !trouble ? refusedBeside(place) : [];
    this.#beside = beside.map(({ what, hint }) => `${what}; ${hint}`);
    return trouble;
  }

  #add(event: Event, { incident, at = this.#now(), automatic = false }: About): Entry {
    const [{ environment, drill }, { signer }] = [this.#options, this.keys];
    if (!signer) throw new Error('an entry before the journal was opened');
    const entry: Entry = {
      id: this.#nextId(this.#after(at)),
      at,
      writer: this.writer,
      environment,
      drill: drill || undefined,
      incident: incident || undefined,
      automatic: automatic || undefined,
      event: fitting(safe(event)),
      own: true,
    };
    const hash = this.#own.add(entry, this.#witness.seen(this.#others.heads), signer);
    this.#take([{ entry, hash }]);
    return entry;
  }

  #lastOnThisHost(): Instant {
    return this.#entries.findLast(({ writer }) => writer.host === this.writer.host)?.at ?? 0;
  }

  /** The time of the next id: after everything that was read, whatever clocks say; an answer sorts after its question. */
  #after(at: Instant): Instant {
    const newest = this.#entries.at(-1);
    if (!newest || newest.writer.session === this.writer.session) return Math.max(at, 0);
    return Math.max(at, timeOf(newest.id) + 1);
  }

  #take(known: readonly Known[]): void {
    for (const { entry, hash, text } of known) {
      this.#hashes?.set(identityOf(entry), hash);
      if (text !== undefined) {
        const { id, incident } = entry;
        this.#lines?.add({ id, incident, text, own: false, isLasting: isLasting(entry) });
      }
    }
    this.#entries = withNews(
      this.#entries,
      known.map(({ entry }) => entry),
    );
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  /** By how much this host's clock is behind those of the others: what is written and taken carries their time. */
  correctClock(by: Ms): void {
    this.#clockIsBehind = by;
  }

  #now(): Instant {
    return (this.#options.now?.() ?? Date.now()) + this.#clockIsBehind;
  }
}

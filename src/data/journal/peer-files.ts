// The files of the account's other cockpits, and of what they received, as they grow.
import { type FSWatcher, lstatSync, watch } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Entry } from '../../core/incident/event.ts';
import { stripControl } from '../../core/text/text.ts';
import { day, type Instant, type Ms, second } from '../../core/time.ts';
import { Listing } from '../../disk/listing.ts';
import { Distrusted, isPrivateDirectory, moveAway, openPrivate, readFrom } from '../../disk/private-files.ts';
import { codeOf, inspect, type Place } from './directory.ts';
import type { KeyFiles } from './key-files.ts';
import { forgedIn, type Line, longestFile, longestLine, readLine } from './line.ts';
import { implausible } from './plausible.ts';
import { receivedFolder } from './received.ts';
import { safeEntry } from './sanitize-entry.ts';

/** Files that were not touched for so long are left to `incident list`. */
const fresh: Ms = 30 * day;
/**
 * Bytes that are read and checked in one go: some 80 lines. What is made of more outlives V8's room for short-lived
 * objects: with a megabyte, an incident of 10,000 entries took 18 MB more.
 */
const readAtOnce = 64 * 1024;
/** File watching is not reliable (network disks, full inotify tables): also poll. */
const lookEvery: Ms = second;

/** Entries from the future that are kept in memory. */
const mostEarly = 1000;

/** An entry from the future: it counts once its time has come, by the clock of this host or the relay's. */
type Early = { known: Known; file: string; trouble: string };

type Followed = { ino: number; offset: number; tail: string; lines: number; last?: Line; trouble?: string };

/** An entry, and the hash of its line. `text`: the line, where it is signed and lines are shared. */
export type Known = { entry: Entry; hash: string; text?: string };

export type OthersOptions = {
  /** Files that this run writes. */
  skips: readonly string[];
  /** Of this account. */
  keys: Pick<KeyFiles, 'isOwn' | 'marked' | 'read'>;
  /** Others get lines: their text is needed. */
  shares: boolean;
  take(news: readonly Known[]): void;
  /** Gets how much has been read of what was there at first, from 0 to 1. */
  reading?: ((share: number) => void) | undefined;
  now(): Instant;
};

/** Follows every file of a directory but one's own. */
export class Others {
  readonly #place: Place;
  readonly #options: OthersOptions;
  readonly #own: Listing;
  readonly #received: Listing;
  readonly #files = new Map<string, Followed>();
  #early: readonly Early[] = [];
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  /** Bytes: of all files at first, and read so far. */
  #size: number | undefined;
  #read = 0;

  constructor(place: Place, options: OthersOptions) {
    this.#place = place;
    this.#options = options;
    this.#own = new Listing(place.directory);
    this.#received = new Listing(join(place.directory, receivedFolder));
  }

  /** How far each file was when it was last read. */
  get heads(): ReadonlyMap<string, readonly [lines: number, hash: string]> {
    const heads = new Map<string, readonly [number, string]>();
    for (const [name, { last, lines }] of this.#files)
      if (last && !isReceived(name)) heads.set(last.entry.writer.session, [lines, last.hash]);
    return heads;
  }

  /** What is not as it should be, file by file, in words. */
  get troubles(): readonly string[] {
    return [...this.#files].flatMap(([file, { trouble }]) =>
      trouble ? [`${stripControl(file, 100)}: ${trouble}`] : [],
    );
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), lookEvery);
    this.#listen();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  /** Reads new entries; waits for a running read. */
  look(now = this.#options.now()): Promise<void> {
    this.#looking ??= this.#readAll(now).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  #listen(): void {
    try {
      // A change during a read may be missed by it.
      const changed = () => void (this.#looking ?? Promise.resolve()).then(() => this.look());
      this.#watcher = watch(this.#place.directory, { persistent: false }, changed);
      this.#watcher.on('error', () => {
        this.#watcher?.close();
        this.#watcher = undefined;
      });
    } catch {
      this.#watcher = undefined;
    }
  }

  async #readAll(now: Instant): Promise<void> {
    // Files in a directory that others can reach are not even opened.
    if (inspect(this.#place)) return;
    const names = await this.#names();
    this.#size ??= await this.#sizeOf(names, now);
    const news: Known[] = this.#due(now);
    for (const name of names) {
      try {
        if (!this.#isQuiet(name, now)) await this.#follow(name, now, news);
      } catch (error) {
        const file = this.#files.get(name) ?? { ino: 0, offset: 0, tail: '', lines: 0 };
        const trouble =
          error instanceof Distrusted
            ? `${error.message}; ${error.hint}`
            : `cannot be read (${codeOf(error) || 'error'})`;
        this.#files.set(name, { ...file, trouble });
      }
    }
    const there = new Set(names);
    for (const [name, file] of this.#files)
      if (!there.has(name) && file.lines > 0) this.#files.set(name, { ...file, trouble: 'no longer exists' });
    if (news.length > 0) this.#options.take(await this.#marked(news));
  }

  /** The entries from the future whose time has come. */
  #due(now: Instant): Known[] {
    const due = this.#early.filter(({ known }) => implausible(known.entry, now) === undefined);
    if (due.length === 0) return [];
    this.#early = this.#early.filter((one) => !due.includes(one));
    for (const { file, trouble } of due) {
      const followed = this.#files.get(file);
      if (followed?.trouble === trouble) this.#files.set(file, { ...followed, trouble: undefined });
    }
    return due.map(({ known }) => known);
  }

  /** Every file to read, from the journal's directory on. */
  async #names(): Promise<readonly string[]> {
    const { directory } = this.#place;
    const own = await this.#own.names();
    const others = isPrivateDirectory(join(directory, receivedFolder)) ? await this.#received.names() : [];
    return [...own, ...others.map((name) => join(receivedFolder, name))].filter(
      (name) => name.endsWith('.jsonl') && !this.#options.skips.includes(join(directory, name)),
    );
  }

  async #sizeOf(names: readonly string[], now: Instant): Promise<number> {
    const paths = names.map((name) => join(this.#place.directory, name));
    const stats = await Promise.all(paths.map((path) => lstat(path).catch(() => undefined)));
    const read = stats.filter((stat) => stat && stat.size <= longestFile && now - stat.mtimeMs <= fresh);
    return read.reduce((sum, stat) => sum + (stat?.size ?? 0), 0);
  }

  /** Marks what this account signed with a key that another cockpit may have made meanwhile. */
  async #marked(news: Known[]): Promise<readonly Known[]> {
    const { keys } = this.#options;
    const isForeign = ({ entry: { own, writer } }: Known) => !own && writer.key !== undefined;
    if (!news.some(isForeign)) return news;
    await keys.read();
    return news.map((one) => (isForeign(one) ? { ...one, entry: keys.marked(one.entry) } : one));
  }

  /**
   * Whether there is nothing to read in a file: most have not grown, or are old. Those are not opened. A journal's
   * directory has hundreds of them after some years, and an asynchronous look costs twenty times as much.
   */
  #isQuiet(name: string, now: Instant): boolean {
    const known = this.#files.get(name);
    const there = lstatSync(join(this.#place.directory, name));
    if (!there.isFile()) return false;
    if (known === undefined) return now - there.mtimeMs > fresh;
    return known.ino === there.ino && known.offset === there.size;
  }

  /** Adds the new lines of a file to `news`. */
  async #follow(name: string, now: Instant, news: Known[]): Promise<void> {
    const path = join(this.#place.directory, name);
    const known = this.#files.get(name);
    // One that could not be read so far is a new one.
    const before = known?.ino ? known : undefined;
    const { handle, stat } = await openPrivate(path);
    try {
      const { ino, size, mtimeMs } = stat;
      if (size > longestFile) throw new Distrusted('is too large to be a journal', moveAway(path));
      if (!before && now - mtimeMs > fresh) return;
      let file: Followed = before ?? { ino, offset: 0, tail: '', lines: 0 };
      if (before && (size < before.offset || ino !== before.ino)) {
        const trouble = 'it was truncated or replaced while it was read';
        file = { ino, offset: 0, tail: '', lines: 0, trouble };
      }
      file = { ...file, ino };
      do {
        const bytes = await readFrom(handle, file.offset, Math.min(readAtOnce, size - file.offset));
        file = this.#take(name, file, bytes, now, news);
        if (bytes.length === 0) return;
        this.#read += bytes.length;
        if (this.#size) this.#options.reading?.(Math.min(1, this.#read / this.#size));
        // Heartbeats, alerts and commands go on while years are read.
        await setImmediate();
      } while (file.offset < size);
    } finally {
      await handle.close();
    }
  }

  #take(name: string, file: Followed, text: Buffer, now: Instant, news: Known[]): Followed {
    const rows = (file.tail + text.toString('latin1')).split('\n');
    // One that is too long for a line stays so: its beginning is enough to tell.
    const tail = (rows.pop() ?? '').slice(0, longestLine + 1);
    const first = file.lines + 1;
    const texts = rows.map((row) => Buffer.from(row, 'latin1').toString('utf8'));
    const read = texts.map(readLine);
    const forged = isReceived(name) ? notAuthenticReceived(read) : forgedIn(read.filter(isThere), false);
    let { last, trouble } = file;
    const { keys, shares } = this.#options;
    for (const [index, line] of read.entries()) {
      const at = `line ${first + index}`;
      const why = line && implausible(line.entry, now);
      const wrong = line ? whatIsWrong(line, forged) : 'is not an entry';
      if (wrong !== undefined) trouble = `${at} ${wrong}`;
      else if (why !== undefined) trouble = `${at} has no effect: it ${why}`;
      else if (last && line?.prev !== last.hash && !isReceived(name))
        trouble = `${at} does not follow the one before it`;
      if (line) last = line;
      if (!line || wrong !== undefined) continue;
      const known: Known = {
        entry: keys.marked(safeEntry(line.entry)),
        hash: line.hash,
        text: shares && line.signed ? texts[index] : undefined,
      };
      if (why === undefined) news.push(known);
      else this.#early = [...this.#early, { known, file: name, trouble: trouble ?? why }].slice(-mostEarly);
    }
    const after: Followed = {
      ino: file.ino,
      offset: file.offset + text.length,
      tail,
      lines: file.lines + read.length,
      last,
      trouble: trouble || undefined,
    };
    this.#files.set(name, after);
    return after;
  }
}

const isReceived = (name: string): boolean => name.startsWith(receivedFolder);
const isThere = (line: Line | undefined): line is Line => line !== undefined;

/** What a run received comes from several sessions, in any order. */
function notAuthenticReceived(lines: readonly (Line | undefined)[]): ReadonlySet<Line> {
  const there = lines.filter(isThere);
  // Only what is signed is received.
  return new Set([...forgedIn(there, true), ...there.filter(({ signed }) => !signed)]);
}

/** Why a line has no effect. */
function whatIsWrong(line: Line, forged: ReadonlySet<Line>): string | undefined {
  if (!line.intact) return 'was changed, and has no effect';
  return forged.has(line) ? 'has a wrong signature, and has no effect' : undefined;
}

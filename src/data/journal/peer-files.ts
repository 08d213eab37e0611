// The files of the other writers, as they grow.
import { type FSWatcher, watch } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Entry } from '../../core/incident/event.ts';
import { stripControl } from '../../core/text/text.ts';
import { day, type Instant, type Ms, second } from '../../core/time.ts';
import { Distrusted, moveAway, openPrivate, readFrom } from '../../disk/private-files.ts';
import { codeOf, inspect, type Place } from './directory.ts';
import { type Line, longestFile, readLine } from './line.ts';
import { implausible } from './plausible.ts';
import { safe } from './sanitize-entry.ts';

/** Files that were not touched for so long are left to `incident list`. */
const fresh: Ms = 30 * day;
/** File watching is not reliable (network disks, full inotify tables): also poll. */
const lookEvery: Ms = second;

type Followed = { ino: number; offset: number; tail: string; lines: number; last?: Line; trouble?: string };

/** Follows every file of a directory but one's own. */
export class Others {
  readonly #place: Place;
  readonly #own: string;
  readonly #tell: (entries: readonly Entry[]) => void;
  readonly #files = new Map<string, Followed>();
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(place: Place, own: string, tell: (entries: readonly Entry[]) => void) {
    this.#place = place;
    this.#own = basename(own);
    this.#tell = tell;
  }

  /** How far each file was when it was last read. */
  get heads(): ReadonlyMap<string, readonly [lines: number, hash: string]> {
    const heads = new Map<string, readonly [number, string]>();
    for (const { last, lines } of this.#files.values())
      if (last) heads.set(last.entry.writer.session, [lines, last.hash]);
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
  look(now: Instant = Date.now()): Promise<void> {
    this.#looking ??= this.#read(now).finally(() => {
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

  async #read(now: Instant): Promise<void> {
    // Files in a directory that others can reach are not even opened.
    if (inspect(this.#place)) return;
    const names: readonly string[] = await readdir(this.#place.directory).catch(() => []);
    const news: Entry[] = [];
    for (const name of names.filter((one) => one.endsWith('.jsonl') && one !== this.#own)) {
      try {
        news.push(...(await this.#follow(name, now)));
      } catch (error) {
        const file = this.#files.get(name) ?? { ino: 0, offset: 0, tail: '', lines: 0 };
        const trouble =
          error instanceof Distrusted
            ? `${error.message}; ${error.hint}`
            : `cannot be read (${codeOf(error) || 'error'})`;
        this.#files.set(name, { ...file, trouble });
      }
    }
    for (const [name, file] of this.#files)
      if (!names.includes(name) && file.lines > 0) this.#files.set(name, { ...file, trouble: 'no longer exists' });
    if (news.length > 0) this.#tell(news);
  }

  async #follow(name: string, now: Instant): Promise<Entry[]> {
    const path = join(this.#place.directory, name);
    const known = this.#files.get(name);
    // One that could not be read so far is a new one.
    const before = known?.ino ? known : undefined;
    // Most have not grown: those are not opened.
    const there = await lstat(path);
    if (before && there.isFile() && there.ino === before.ino && there.size === before.offset) return [];
    const { handle, stat } = await openPrivate(path);
    try {
      const { ino, size, mtimeMs } = stat;
      if (size > longestFile) throw new Distrusted('is too large to be a journal', moveAway(path));
      if (!before && now - mtimeMs > fresh) return [];
      let file: Followed = before ?? { ino, offset: 0, tail: '', lines: 0 };
      if (before && (size < before.offset || ino !== before.ino)) {
        const trouble = 'it was truncated or replaced while it was read';
        file = { ino, offset: 0, tail: '', lines: 0, trouble };
      }
      return this.#take(name, { ...file, ino }, await readFrom(handle, file.offset, size - file.offset), now);
    } finally {
      await handle.close();
    }
  }

  #take(name: string, file: Followed, text: Buffer, now: Instant): Entry[] {
    const rows = (file.tail + text.toString('latin1')).split('\n');
    const tail = rows.pop() ?? '';
    const entries: Entry[] = [];
    let { lines, last, trouble } = file;
    for (const row of rows) {
      const line = readLine(Buffer.from(row, 'latin1').toString('utf8'));
      lines += 1;
      if (!line) trouble = `line ${lines} is not an entry`;
      else {
        if (!line.intact) trouble = `line ${lines} was changed`;
        else if (last && line.prev !== last.hash) trouble = `line ${lines} does not follow the one before it`;
        last = line;
        const why = implausible(line.entry, now);
        if (why) trouble = `line ${lines} has no effect: it ${why}`;
        else entries.push(safe(line.entry));
      }
    }
    this.#files.set(name, {
      ino: file.ino,
      offset: file.offset + text.length,
      tail,
      lines,
      last,
      trouble: trouble || undefined,
    });
    return entries;
  }
}

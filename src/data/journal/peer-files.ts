// The files of the other writers, as they grow.
import { type FSWatcher, watch } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Entry } from '../../core/incident/event.ts';
import { clean } from '../../core/text/text.ts';
import { day, type Instant, type Ms, second } from '../../core/time.ts';
import { fitToRead, Unfit } from './file-limits.ts';
import { type Line, readLine } from './line.ts';
import { safe } from './sanitize-entry.ts';

/** Files that were not touched for so long are left to `incident list`. */
const fresh: Ms = 30 * day;
/** Watching is not to be relied on (network disks, full inotify tables): look anyway. */
const lookEvery: Ms = second;

type Followed = { ino: number; offset: number; tail: string; lines: number; last?: Line; trouble?: string };

/** Follows every file of a directory but one's own. */
export class Others {
  readonly #directory: string;
  readonly #own: string;
  readonly #tell: (entries: readonly Entry[]) => void;
  readonly #files = new Map<string, Followed>();
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(directory: string, own: string, tell: (entries: readonly Entry[]) => void) {
    this.#directory = directory;
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
    return [...this.#files].flatMap(([file, { trouble }]) => (trouble ? [`${clean(file, 100)}: ${trouble}`] : []));
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

  /** Reads what is new; a look that is under way is waited for. */
  look(now: Instant = Date.now()): Promise<void> {
    this.#looking ??= this.#read(now).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  #listen(): void {
    try {
      this.#watcher = watch(this.#directory, { persistent: false }, () => void this.look());
      this.#watcher.on('error', () => {
        this.#watcher?.close();
        this.#watcher = undefined;
      });
    } catch {
      this.#watcher = undefined;
    }
  }

  async #read(now: Instant): Promise<void> {
    const names: readonly string[] = await readdir(this.#directory).catch(() => []);
    const news: Entry[] = [];
    for (const name of names.filter((one) => one.endsWith('.jsonl') && one !== this.#own)) {
      try {
        news.push(...(await this.#follow(name, now)));
      } catch (error) {
        const file = this.#files.get(name) ?? { ino: 0, offset: 0, tail: '', lines: 0 };
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
        const trouble = error instanceof Unfit ? error.message : `cannot be read (${code})`;
        this.#files.set(name, { ...file, trouble });
      }
    }
    for (const [name, file] of this.#files)
      if (!names.includes(name) && file.lines > 0) this.#files.set(name, { ...file, trouble: 'is gone' });
    if (news.length > 0) this.#tell(news);
  }

  async #follow(name: string, now: Instant): Promise<Entry[]> {
    const path = join(this.#directory, name);
    const { ino, size, mtimeMs } = await fitToRead(path);
    const before = this.#files.get(name);
    if (!before && now - mtimeMs > fresh) return [];
    let file: Followed = before ?? { ino, offset: 0, tail: '', lines: 0 };
    if (before && (size < before.offset || ino !== before.ino)) {
      const trouble = 'it was shortened or replaced while it was read';
      file = { ino, offset: 0, tail: '', lines: 0, trouble };
    } else if (before && size === before.offset) return [];
    const text = await readFrom(path, file.offset, size - file.offset);
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
        entries.push(safe(line.entry));
      }
    }
    this.#files.set(name, {
      ino,
      offset: file.offset + text.length,
      tail,
      lines,
      ...(last ? { last } : {}),
      ...(trouble ? { trouble } : {}),
    });
    return entries;
  }
}

async function readFrom(path: string, offset: number, length: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await handle.read(buffer, 0, length, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

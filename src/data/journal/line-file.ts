// A file of lines that this run alone writes: append, flush to disk, and only then is it said to be written.
import { constants } from 'node:fs';
import { type FileHandle, lstat, rename } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { JournalTrouble } from '../../core/incident/context.ts';
import { formatCounted } from '../../core/text/format.ts';
import { Distrusted, openPrivate, readFrom, syncDirectory } from '../../disk/private-files.ts';
import { diskFault } from './directory.ts';

/** Writes one file. Not reentrant: its caller waits for each call. */
export class LineFile {
  readonly path: string;
  readonly #prepare: () => void | Promise<void>;
  /** Every line so far, so that a file that vanished can be written again. */
  readonly #lines: string[] = [];
  #written = 0;
  #size = 0;
  /** What was on the disk once, and has to be written again. */
  #lost = Buffer.alloc(0);
  #restored: string | undefined;
  #handle: FileHandle | undefined;

  /** `prepare` makes and checks what the file lies in; it throws what is wrong there. */
  constructor(path: string, prepare: () => void | Promise<void>) {
    this.path = path;
    this.#prepare = prepare;
  }

  /** Lines so far, on the disk or not. */
  get count(): number {
    return this.#lines.length;
  }

  /** How many lines are not on the disk yet. */
  get unwritten(): number {
    return this.#lines.length - this.#written;
  }

  /** What another process did to the file, and that it is restored; reported once. */
  takeRestored(): string | undefined {
    const says = this.#restored;
    this.#restored = undefined;
    return says;
  }

  /** Adds a line. It is on the disk when `flush` says so. */
  add(text: string): void {
    this.#lines.push(`${text}\n`);
  }

  /** Brings every line to the disk; says what is in the way. What was written by half is taken back. */
  async flush(): Promise<JournalTrouble | undefined> {
    try {
      await this.#ensure();
      const handle = this.#handle;
      if (!handle || (this.unwritten === 0 && this.#lost.length === 0)) return undefined;
      const until = this.#lines.length;
      const news = Buffer.from(this.#lines.slice(this.#written, until).join(''));
      const bytes = Buffer.concat([this.#lost, news]);
      try {
        await writeAll(handle, bytes, this.#size);
        await handle.datasync();
      } catch (error) {
        await handle.truncate(this.#size).catch(() => undefined);
        throw error;
      }
      this.#size += bytes.length;
      this.#lost = Buffer.alloc(0);
      this.#written = until;
      return undefined;
    } catch (error) {
      return diskFault(error, error instanceof Distrusted ? this.path : dirname(this.path));
    }
  }

  async close(): Promise<void> {
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
  }

  /** Opens the file; entries that another process removed since are written again. */
  async #ensure(): Promise<void> {
    if (this.#lines.length === 0) return;
    if (this.#handle) {
      const [held, there] = await Promise.all([this.#handle.stat(), lstat(this.path).catch(() => undefined)]);
      if (there?.ino === held.ino && there.dev === held.dev && held.size === this.#size) return;
      await this.close();
    }
    await this.#prepare();
    const { O_RDWR, O_APPEND, O_CREAT } = constants;
    const { handle } = await openPrivate(this.path, O_RDWR | O_APPEND | O_CREAT);
    this.#handle = handle;
    await this.#compare(handle);
    await syncDirectory(dirname(this.path));
  }

  /**
   * Compares the file with what was written into it. What is missing at its end is appended once more, byte for byte,
   * so that the hashes hold. A file with other content is kept under another name, and everything is rewritten.
   */
  async #compare(handle: FileHandle): Promise<void> {
    const wrote = Buffer.from(this.#lines.slice(0, this.#written).join(''));
    const { size } = await handle.stat();
    const there = size <= wrote.length ? await readFrom(handle, 0, size) : undefined;
    const isOurs = there && wrote.subarray(0, size).equals(there);
    if (!isOurs) {
      const aside = `${this.path}.changed-${Date.now()}`;
      await rename(this.path, aside);
      await this.close();
      this.#restored = `another process changed the journal file: saved it as ${basename(aside)} and rewrote the journal`;
      return this.#ensure();
    }
    this.#size = size;
    this.#lost = wrote.subarray(size);
    if (this.#lost.length === 0) return;
    const again = this.#written - (there.toString('latin1').split('\n').length - 1);
    const entries = `${formatCounted(again, 'entry', 'entries')} rewritten`;
    this.#restored ??= `another process ${size === 0 ? 'removed or emptied' : 'truncated'} the journal file: ${entries}`;
  }
}

/** A write may take only a part; ENOSPC comes with the next one. */
async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

// The one file that this run of the cockpit writes: append, flush to disk, and only then is it said to be written.
import { chownSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry, Writer } from '../../core/event.ts';
import type { Fault } from '../../core/reading.ts';
import { diskFault, groupId, type Place, prepare } from './directory.ts';
import { beginning, type Seen, writeLine } from './line.ts';

/** `01J…-ops1@bastion.jsonl` */
export function fileName({ session, user, host }: Writer): string {
  const safe = (text: string) => text.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 60) || 'unknown';
  return `${session}-${safe(user)}@${safe(host)}.jsonl`;
}

/** Writes one file. Not reentrant: its caller waits for each call. */
export class OwnFile {
  readonly path: string;
  readonly #place: Place;
  /** Every line so far, so that a file that vanished can be written again. */
  readonly #lines: string[] = [];
  #written = 0;
  #size = 0;
  #prev = beginning;
  #handle: FileHandle | undefined;

  constructor(place: Place, writer: Writer) {
    this.#place = place;
    this.path = join(place.directory, fileName(writer));
  }

  /** Lines made so far, and the hash of the last. */
  get head(): readonly [lines: number, hash: string] {
    return [this.#lines.length, this.#prev];
  }

  /** How many lines are not on the disk yet. */
  get unwritten(): number {
    return this.#lines.length - this.#written;
  }

  /** Adds a line. It is on the disk when `flush` says so. */
  add(entry: Entry, seen: Seen): void {
    const { text, hash } = writeLine(entry, this.#lines.length + 1, this.#prev, seen);
    this.#lines.push(`${text}\n`);
    this.#prev = hash;
  }

  /** Brings every line to the disk; says what is in the way. What was written by half is taken back. */
  async flush(): Promise<Fault | undefined> {
    try {
      await this.#ensure();
      const handle = this.#handle;
      if (!handle || this.unwritten === 0) return undefined;
      const until = this.#lines.length;
      const bytes = Buffer.from(this.#lines.slice(this.#written, until).join(''));
      try {
        await writeAll(handle, bytes, this.#size);
        await handle.datasync();
      } catch (error) {
        await handle.truncate(this.#size).catch(() => undefined);
        throw error;
      }
      this.#size += bytes.length;
      this.#written = until;
      return undefined;
    } catch (error) {
      return diskFault(error, this.#place.directory);
    }
  }

  async close(): Promise<void> {
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
  }

  /** Opens the file; when it vanished since, everything is written again into a new one. */
  async #ensure(): Promise<void> {
    if (this.#lines.length === 0) return;
    if (this.#handle) {
      const [held, there] = await Promise.all([this.#handle.stat(), stat(this.path).catch(() => undefined)]);
      if (there?.ino === held.ino && there.dev === held.dev && held.size >= this.#size) return;
      await this.close();
    }
    const fault = prepare(this.#place);
    if (fault) throw new Error(`${fault.what}: ${fault.hint}`);
    const shared = this.#place.group !== undefined;
    const handle = await open(this.path, 'a+', shared ? 0o640 : 0o600);
    const gid = this.#place.group === undefined ? undefined : groupId(this.#place.group);
    if (gid !== undefined) chownSync(this.path, -1, gid);
    // The umask would keep the others of the group out.
    if (shared) await handle.chmod(0o640);
    this.#handle = handle;
    this.#size = (await handle.stat()).size;
    if (this.#size === 0) this.#written = 0;
    await syncDirectory(this.#place.directory);
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

/** A new file's name has to reach the disk too. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

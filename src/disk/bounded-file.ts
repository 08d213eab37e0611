// Files that a person named: settings, logins, certificates. Whatever lies there, nothing waits for it without end, and
// no more is read than such a file ever holds: a pipe without a writer, a device, a directory, a log of gigabytes.
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type Ms, second } from '../core/time.ts';

/** Why a file is not read, in words that follow its name. */
export class Unreadable extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const megabyte = 1024 * 1024;

/** Bytes of a file of settings, logins or certificates; a kubeconfig of a thousand clusters has some megabytes. */
export const longest = 8 * megabyte;

/** A shell's `<(…)` is a pipe: its command is waited for so long. */
const patience: Ms = 5 * second;
const wait: Ms = 10;

/** Opening a pipe or a device must not wait; not on every system. */
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** The whole of a file. Throws `Unreadable`, or what the system says. */
export function readBoundedSync(path: string, most = longest): Buffer {
  refuse(statSync(path), most);
  const file = openSync(path, flags);
  try {
    const found = fstatSync(file);
    refuse(found, most);
    const kept = new Kept(found, most);
    for (;;) {
      const read = attempt(() => readSync(file, kept.room));
      if (read === 'later') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, kept.pause());
      else if (kept.add(read)) return kept.whole;
    }
  } finally {
    closeSync(file);
  }
}

/** The same without blocking: a network disk may hang. */
export async function readBounded(path: string, most = longest): Promise<Buffer> {
  refuse(await stat(path), most);
  const file = await open(path, flags);
  try {
    const found = await file.stat();
    refuse(found, most);
    const kept = new Kept(found, most);
    for (;;) {
      const read = await readSome(file, kept.room);
      if (read === 'later') await pause(kept.pause());
      else if (kept.add(read)) return kept.whole;
    }
  } finally {
    await file.close();
  }
}

/** What has been read so far. */
class Kept {
  readonly #parts: Buffer[] = [];
  readonly #most: number;
  readonly #pipe: boolean;
  #size = 0;
  #waited: Ms = 0;
  room = Buffer.alloc(64 * 1024);

  constructor(found: Stats, most: number) {
    this.#pipe = found.isFIFO();
    this.#most = most;
  }

  get whole(): Buffer {
    return Buffer.concat(this.#parts, this.#size);
  }

  /** How long to wait for more. */
  pause(): Ms {
    this.#waited += wait;
    if (this.#waited > patience)
      throw new Unreadable('ETIMEDOUT', `is a pipe whose writer did not finish in ${patience / second} s`);
    return wait;
  }

  /** Takes what was read into the room; true at the end. */
  add(read: number): boolean {
    if (read === 0) {
      if (this.#pipe && this.#size === 0) throw new Unreadable('EPIPE', 'is an empty pipe');
      return true;
    }
    this.#size += read;
    if (this.#size > this.#most) throw tooLong(this.#most);
    this.#parts.push(this.room.subarray(0, read));
    this.room = Buffer.alloc(64 * 1024);
    return false;
  }
}

const again = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EAGAIN';

function attempt(read: () => number): number | 'later' {
  try {
    return read();
  } catch (error) {
    if (again(error)) return 'later';
    throw error;
  }
}

async function readSome(file: FileHandle, room: Buffer): Promise<number | 'later'> {
  try {
    return (await file.read(room, 0, room.length, null)).bytesRead;
  } catch (error) {
    if (again(error)) return 'later';
    throw error;
  }
}

/** Checks the file type before opening: opening a device may have effects. */
function refuse(found: Stats, most: number): void {
  if (found.isDirectory()) throw new Unreadable('EISDIR', 'is a directory, not a file');
  if (found.isSocket()) throw new Unreadable('ENXIO', 'is a socket, not a file');
  if (found.isBlockDevice() || (found.isCharacterDevice() && found.rdev !== nothing()))
    throw new Unreadable('ENODEV', 'is a device, not a file');
  if (found.isFile() && found.size > most) throw tooLong(most);
}

/** /dev/null is how one says "no file". */
const nothing = () => statSync('/dev/null', { throwIfNoEntry: false })?.rdev;

function tooLong(most: number): Unreadable {
  const limit = most < megabyte ? `${Math.floor(most / 1000)} kB` : `${Math.round(most / megabyte)} MB`;
  return new Unreadable('EFBIG', `is longer than ${limit}: check that this is the right file`);
}

/** Whether there is no such file. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** Why a file could not be read, in few words that follow its name. */
export function unreadable(error: unknown): string {
  if (error instanceof Unreadable) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: permission denied';
  if (code === 'ELOOP') return 'cannot be read: too many links';
  return `cannot be read${code ? ` (${code})` : ''}`;
}

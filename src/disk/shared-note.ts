// A small file that several processes of one user read, and change one after the other. It is worth no error: whoever
// cannot read or change it goes on without it.
import { randomUUID } from 'node:crypto';
import {
  close,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  open,
  renameSync,
  type Stats,
  writeFile,
  writeFileSync,
} from 'node:fs';
import { lstat, rename, rm, unlink } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Ms, second } from '../core/time.ts';
import { type Demand, distrust, lookAt, readSmallPrivate, writableByOthers } from './private-files.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants;

/** A change takes milliseconds: an older lock belongs to a process that has ended. */
const lockLasts: Ms = 5 * second;
/** The longest wait for the lock. */
const patience: Ms = second;
const betweenTries: Ms = 15;
/** A disk that made the lock within this time is not waited for with what follows. */
const quick: Ms = 20;

/** What follows the lock. A call that does not block wakes two threads, which costs an idle cockpit more than the call. */
const blocking = { write: writeFileSync, rename: renameSync, close: closeSync };
/** The same for a disk that may let the whole thread wait. */
const waiting = { write: promisify(writeFile), rename, close: promisify(close) };
const opened = promisify(open);

/** `busy`: others hold the lock, it may be tried again. */
export type Changed = 'done' | 'busy' | 'impossible';

/** Each change makes another file, so that one with these is the same, unchanged. */
type Mark = Pick<Stats, 'ino' | 'mtimeMs' | 'size'>;

const isSame = (a: Mark, b: Mark): boolean => a.ino === b.ino && a.mtimeMs === b.mtimeMs && a.size === b.size;

export class SharedNote {
  readonly #path: string;
  readonly #longest: number;
  readonly #quick: Ms;
  /** What was read or written last, and of which file: where nobody changed it, a look at the file is enough. */
  #known: { text: string; mark: Mark } | undefined;

  /** In a private directory; `longest`: bytes that are read of it; `within`: a disk that takes longer may not block. */
  constructor(path: string, longest: number, within = quick) {
    this.#path = path;
    this.#longest = longest;
    this.#quick = within;
  }

  /** Its text; undefined if it is missing or not trusted. */
  read(): string | undefined {
    const known = this.#known;
    const there = known && lookAt(this.#path);
    if (there && isSame(there, known.mark) && !distrust(there, this.#path, aFile)) return known.text;
    const read = readSmallPrivate(this.#path, this.#longest);
    this.#known = read && { text: read.text, mark: read.stat };
    return read?.text;
  }

  /**
   * Replaces it by what `edit` makes of it, undefined: it stays as it is, and nothing is written. If it could not be
   * written, `edit` may have run. The lock is what is written, and becomes the note: one call that does not block, which
   * shows that the disk answers, and three that do.
   */
  async change(edit: (text: string | undefined) => string | undefined): Promise<Changed> {
    const lock = `${this.#path}.lock`;
    const mine = await locked(lock);
    if (typeof mine === 'string') return mine;
    const { fd, took } = mine;
    const disk = took <= this.#quick ? blocking : waiting;
    let isNote = false;
    try {
      const text = edit(this.read());
      if (text === undefined) return 'done';
      await disk.write(fd, text);
      const mark = fstatSync(fd);
      // Who held it for too long lost it, and another one may have it now.
      if (lstatSync(lock).ino !== mark.ino) return 'impossible';
      await disk.rename(lock, this.#path);
      isNote = true;
      this.#known = mark.size > this.#longest ? undefined : { text, mark };
      return 'done';
    } catch {
      return 'impossible';
    } finally {
      if (!isNote) await release(lock, fd);
      await Promise.resolve(fd)
        .then(disk.close)
        .catch(() => undefined);
    }
  }
}

/** Fails where anything is there already. */
const made = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
const aFile: Demand = { kind: 'file', closed: writableByOthers };

/** Makes the lock, which only one can: it is ours as it is, and needs no look before or after. `took`: to make it. */
async function locked(lock: string): Promise<{ fd: number; took: Ms } | Exclude<Changed, 'done'>> {
  for (const until = performance.now() + patience; performance.now() < until; await pause(betweenTries)) {
    try {
      const begun = performance.now();
      return { fd: await opened(lock, made, 0o600), took: performance.now() - begun };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) return 'impossible';
    }
    const isLock = await breakOld(lock).catch(() => true);
    if (!isLock) return 'impossible';
  }
  return 'busy';
}

/** Removes our own lock, not that of another one who found ours old. */
async function release(lock: string, fd: number): Promise<void> {
  try {
    if (lstatSync(lock).ino === fstatSync(fd).ino) await unlink(lock);
  } catch {
    // It is gone.
  }
}

/**
 * Moved away first: of several who find it old, one alone removes it, and no new one with it. False: what is there is no
 * lock, and stays.
 */
async function breakOld(lock: string): Promise<boolean> {
  const there = await lstat(lock);
  if (distrust(there, lock, aFile)) return false;
  const { ino, mtimeMs } = there;
  if (Math.abs(Date.now() - mtimeMs) < lockLasts) return true;
  const moved = `${lock}.${randomUUID()}`;
  await rename(lock, moved);
  const same = (await lstat(moved)).ino === ino;
  await (same ? rm(moved, { force: true }) : rename(moved, lock));
  return true;
}

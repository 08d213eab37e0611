// A small file that several processes of one user read, and change one after the other. It is worth no error: whoever
// cannot read or change it goes on without it.
import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, open, rename, rm, unlink } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type Ms, second } from '../core/time.ts';
import { type Demand, distrust, openPrivate, readFrom, writableByOthers } from './private-files.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants;

/** A change takes milliseconds: an older lock belongs to a process that has ended. */
const lockLasts: Ms = 5 * second;
/** The longest wait for the lock. */
const patience: Ms = second;
const betweenTries: Ms = 15;

/** `busy`: others hold the lock, it may be tried again. */
export type Changed = 'done' | 'busy' | 'impossible';

/** Each change makes another file, so that one with these is the same, unchanged. */
type Mark = Pick<Stats, 'ino' | 'mtimeMs' | 'size'>;

const isSame = (a: Mark, b: Mark): boolean => a.ino === b.ino && a.mtimeMs === b.mtimeMs && a.size === b.size;

export class SharedNote {
  readonly #path: string;
  readonly #longest: number;
  /** What was read or written last, and of which file: where nobody changed it, a look at the file is enough. */
  #known: { text: string; mark: Mark } | undefined;

  /** In a private directory; `longest`: bytes that are read of it. */
  constructor(path: string, longest: number) {
    this.#path = path;
    this.#longest = longest;
  }

  /** Its text; undefined if it is missing or not trusted. */
  async read(): Promise<string | undefined> {
    try {
      const known = this.#known;
      if (known) {
        const there = await lstat(this.#path);
        if (isSame(there, known.mark) && !distrust(there, this.#path, aFile)) return known.text;
      }
      this.#known = undefined;
      const { handle, stat } = await openPrivate(this.#path);
      try {
        if (stat.size > this.#longest) return undefined;
        const text = (await readFrom(handle, 0, stat.size)).toString('utf8');
        this.#known = { text, mark: stat };
        return text;
      } finally {
        await handle.close();
      }
    } catch {
      return undefined;
    }
  }

  /**
   * Replaces it by what `edit` makes of it, undefined: it stays as it is, and nothing is written. If it could not be
   * written, `edit` may have run.
   */
  async change(edit: (text: string | undefined) => string | undefined): Promise<Changed> {
    const lock = `${this.#path}.lock`;
    const draft = `${this.#path}.${randomUUID()}`;
    const mine = await locked(lock);
    if (mine !== 'done') return mine;
    try {
      const text = edit(await this.read());
      if (text === undefined) return 'done';
      const mark = await create(draft, text);
      await rename(draft, this.#path);
      this.#known = mark.size > this.#longest ? undefined : { text, mark };
      return 'done';
    } catch {
      await rm(draft, { force: true }).catch(() => undefined);
      return 'impossible';
    } finally {
      await unlink(lock).catch(() => undefined);
    }
  }
}

/** Fails where anything is there already. */
const made = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
const aFile: Demand = { kind: 'file', closed: writableByOthers };

/**
 * Makes a file that was not there: it is ours as it is, and needs no look before or after. Each change costs an idle
 * cockpit what the asynchronous calls cost.
 */
async function create(path: string, text: string): Promise<Stats> {
  const handle = await open(path, made, 0o600);
  try {
    await handle.writeFile(text);
    return await handle.stat();
  } finally {
    await handle.close();
  }
}

/** Makes the lock, which only one can. */
async function locked(lock: string): Promise<Changed> {
  for (const until = performance.now() + patience; performance.now() < until; await pause(betweenTries)) {
    try {
      await (await open(lock, made, 0o600)).close();
      return 'done';
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) return 'impossible';
    }
    const isLock = await breakOld(lock).catch(() => true);
    if (!isLock) return 'impossible';
  }
  return 'busy';
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

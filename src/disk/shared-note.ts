// A small file that several processes of one user read, and change one after the other. It is worth no error: whoever
// cannot read or change it goes on without it.
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rename, rm, unlink } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type Ms, second } from '../core/time.ts';
import { distrust, readPrivate, writableByOthers } from './private-files.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants;

/** A change takes milliseconds: an older lock belongs to a process that has ended. */
const lockLasts: Ms = 5 * second;
/** The longest wait for the lock. */
const patience: Ms = second;
const betweenTries: Ms = 15;

/** `busy`: others hold the lock, it may be tried again. */
export type Changed = 'done' | 'busy' | 'impossible';

export class SharedNote {
  readonly #path: string;
  readonly #longest: number;

  /** In a private directory; `longest`: bytes that are read of it. */
  constructor(path: string, longest: number) {
    this.#path = path;
    this.#longest = longest;
  }

  /** Its text; undefined if it is missing or not trusted. */
  read(): Promise<string | undefined> {
    return readPrivate(this.#path, this.#longest).catch(() => undefined);
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
      await create(draft, text);
      await rename(draft, this.#path);
      return 'done';
    } catch {
      await rm(draft, { force: true }).catch(() => undefined);
      return 'impossible';
    } finally {
      await unlink(lock).catch(() => undefined);
    }
  }
}

/**
 * Makes a file that was not there: it is ours as it is, and needs no look before or after. Each change costs an idle
 * cockpit what the asynchronous calls cost.
 */
async function create(path: string, text = ''): Promise<void> {
  const handle = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    if (text !== '') await handle.writeFile(text);
  } finally {
    await handle.close();
  }
}

/** Makes the lock, which only one can. */
async function locked(lock: string): Promise<Changed> {
  for (const until = performance.now() + patience; performance.now() < until; await pause(betweenTries)) {
    try {
      await create(lock);
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
  if (distrust(there, lock, { kind: 'file', closed: writableByOthers })) return false;
  const { ino, mtimeMs } = there;
  if (Math.abs(Date.now() - mtimeMs) < lockLasts) return true;
  const moved = `${lock}.${randomUUID()}`;
  await rename(lock, moved);
  const same = (await lstat(moved)).ino === ino;
  await (same ? rm(moved, { force: true }) : rename(moved, lock));
  return true;
}

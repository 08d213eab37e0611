// A small file that several processes of one user read, and change one after the other. It is worth no error: whoever
// cannot read or change it goes on without it.
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, rename, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type Ms, second } from '../core/time.ts';
import { openPrivate, readPrivate } from './private-files.ts';

const { O_WRONLY, O_CREAT, O_EXCL } = constants;

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
      await rm(lock, { force: true }).catch(() => undefined);
    }
  }
}

async function create(path: string, text = ''): Promise<void> {
  const { handle } = await openPrivate(path, O_WRONLY | O_CREAT | O_EXCL);
  try {
    await handle.writeFile(text);
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
    await breakOld(lock).catch(() => undefined);
  }
  return 'busy';
}

/** Moved away first: of several who find it old, one alone removes it, and no new one with it. */
async function breakOld(lock: string): Promise<void> {
  const { ino, mtimeMs } = await lstat(lock);
  if (Math.abs(Date.now() - mtimeMs) < lockLasts) return;
  const moved = `${lock}.${randomUUID()}`;
  await rename(lock, moved);
  const same = (await lstat(moved)).ino === ino;
  await (same ? rm(moved, { force: true }) : rename(moved, lock));
}

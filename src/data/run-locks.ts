// One action per target at a time, across all cockpits that share a journal: a file per target, made exclusively. A
// cockpit that was killed leaves its file; it is known by a process that is gone, or a heart that stopped.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { door } from '../core/text.ts';
import { type Instant, type Ms, second } from '../core/time.ts';

export type LockNote = {
  run: string;
  action: string;
  /** What is changed: `deployment/api-gateway`. */
  object: string;
  by: string;
  at: Instant;
  /** `started`: calls were made. */
  phase: 'confirmed' | 'started';
  /** The command lines, for whoever finds it. */
  calls: readonly string[];
};

type Owned = LockNote & { pid: number; born: string; host: string };

export type Lock = { started(): Promise<void>; release(): Promise<void> };

export type Taken =
  | { ok: true; lock: Lock; left?: LockNote }
  | { ok: false; by: LockNote }
  | { ok: false; fault: string };

const beat: Ms = 5 * second;
/** A lock of another host whose file was not touched for so long belongs to nobody any more. */
const silent: Ms = 30 * second;

export class RunLocks {
  readonly #directory: string;

  constructor(journal: string) {
    this.#directory = path.join(journal, 'locks');
  }

  /** Takes the target, or says who has it. `left`: what a cockpit that is gone was doing to it. */
  async take(note: Omit<LockNote, 'phase'>): Promise<Taken> {
    const file = path.join(
      this.#directory,
      `${createHash('sha256').update(note.object).digest('hex').slice(0, 40)}.json`,
    );
    const owned: Owned = { ...note, phase: 'confirmed', pid: process.pid, born: bornOf(process.pid), host: hostname() };
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      if (await this.#make(file, owned)) return { ok: true, lock: lockOn(file, owned) };
      const other = await readLock(file);
      if (other && !(await isLeft(file, other))) return { ok: false, by: other };
      // Only one of several that find it can move it away.
      const moved = `${file}.${note.run}`;
      await rename(file, moved).catch(() => undefined);
      await rm(moved, { force: true });
      if (await this.#make(file, owned))
        return { ok: true, lock: lockOn(file, owned), ...(other ? { left: other } : {}) };
      const now = await readLock(file);
      return now ? { ok: false, by: now } : { ok: false, fault: 'somebody else was quicker' };
    } catch (error) {
      return { ok: false, fault: door(error instanceof Error ? error.message : error, 200) };
    }
  }

  /** Takes away what cockpits that are gone have left, and tells what it was. */
  async sweep(): Promise<readonly LockNote[]> {
    const left: LockNote[] = [];
    for (const name of await readdir(this.#directory).catch(() => [])) {
      const file = path.join(this.#directory, name);
      const note = name.endsWith('.json') ? await readLock(file) : undefined;
      if (!note || !(await isLeft(file, note))) continue;
      const moved = `${file}.${process.pid}`;
      const mine = await rename(file, moved).then(
        () => true,
        () => false,
      );
      await rm(moved, { force: true });
      if (mine) left.push(note);
    }
    return left;
  }

  async #make(file: string, owned: Owned): Promise<boolean> {
    try {
      const made = await open(file, 'wx', 0o600);
      try {
        await made.writeFile(JSON.stringify(owned));
        await made.sync();
      } finally {
        await made.close();
      }
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    }
  }
}

function lockOn(file: string, owned: Owned): Lock {
  const heart = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => undefined), beat);
  heart.unref();
  return {
    async started() {
      const next = `${file}.${owned.run}.new`;
      const made = await open(next, 'w', 0o600);
      try {
        await made.writeFile(JSON.stringify({ ...owned, phase: 'started' } satisfies Owned));
        await made.sync();
      } finally {
        await made.close();
      }
      await rename(next, file);
    },
    async release() {
      clearInterval(heart);
      await rm(file, { force: true });
    },
  };
}

async function readLock(file: string): Promise<Owned | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    const known = typeof value === 'object' && value !== null && 'pid' in value && 'host' in value && 'run' in value;
    return known ? (value as Owned) : undefined;
  } catch {
    return undefined;
  }
}

async function isLeft(file: string, { pid, born, host }: Owned): Promise<boolean> {
  if (host === hostname()) return bornOf(pid) !== born;
  const found = await stat(file).catch(() => undefined);
  return found === undefined || Date.now() - found.mtimeMs > silent;
}

/** When a process began, so that another one with the same number is not taken for it; '' when it is gone. */
function bornOf(pid: number): string {
  try {
    // After the name, which may hold blanks, the 20th field is the start time.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {
    try {
      process.kill(pid, 0);
      return 'alive';
    } catch {
      return '';
    }
  }
}

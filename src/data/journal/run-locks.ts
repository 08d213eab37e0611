// One action per target at a time, across all cockpits that share a journal: a file per target, made exclusively. A
// cockpit that was killed leaves its file; it is known by a process that is gone, or a heart that stopped.
import { createHash } from 'node:crypto';
import { link, lstat, lutimes, readdir, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import type { Target } from '../../core/actions/action.ts';
import { quote } from '../../core/text/shell.ts';
import { sanitize, stripControl } from '../../core/text/text.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import {
  Distrusted,
  isPrivateDirectory,
  privateDirectory,
  readPrivate,
  replacePrivate,
} from '../../disk/private-files.ts';
import { processStart } from '../../disk/process-start.ts';
import { codeOf, inspect, prepare } from './directory.ts';
import { clockSkew, lastInstant } from './plausible.ts';
import { safe } from './sanitize-entry.ts';

export type LockNote = {
  run: string;
  action: string;
  /** What is changed: `deployment/api-gateway`. */
  object: string;
  by: string;
  at: Instant;
  /** `started`: calls were made. */
  phase: 'confirmed' | 'started';
  /** The command lines, for the person who finds the lock. */
  calls: readonly string[];
  /** What is needed to check whether it was done; present once it was started. */
  proof?: { target: Target; memo: Readonly<Record<string, string>>; startedAt: Instant };
};

type Owned = LockNote & { pid: number; born: string; host: string };

/** Bytes of a lock: a change of 50,000 rows names each. */
const longest = 32 * 1024 * 1024;
const short = z.string().max(4000);
const words = z.record(z.string().max(100), z.string().max(longest));

/** What a lock must hold: another program, or another version, may have written it. Its run becomes part of a path. */
const written: z.ZodType<Owned> = z.object({
  run: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  action: short,
  object: short,
  by: short,
  at: z.number().min(0).max(lastInstant),
  phase: z.enum(['confirmed', 'started']),
  calls: z.array(z.string().max(longest)).max(10_000),
  proof: z.object({ target: words, memo: words, startedAt: z.number().min(0).max(lastInstant) }).optional(),
  pid: z.number().int().positive(),
  born: z.string().max(40),
  host: z.string().max(255),
});

export type Lock = {
  /** Call before the first call of the run; false: another run holds the target. */
  started(proof: NonNullable<LockNote['proof']>): Promise<boolean>;
  release(): Promise<void>;
};

/** What a dead cockpit left behind. `lock`: holds its target until a person checks the outcome. */
export type Left = { note: LockNote; lock?: Lock };

export type Taken =
  | { ok: true; lock: Lock; left?: LockNote }
  | { ok: false; by: LockNote }
  | { ok: false; fault: string };

const beat: Ms = 5 * second;
/** A lock of another host whose file was not touched for this long is stale. */
const silent: Ms = 30 * second;

export class RunLocks {
  readonly #journal: string;
  readonly #directory: string;

  constructor(journal: string) {
    this.#journal = journal;
    this.#directory = path.join(journal, 'locks');
  }

  /** Takes the target, or says who has it. `left`: the run of a cockpit that ended without releasing it. */
  async take(note: Omit<LockNote, 'phase'>): Promise<Taken> {
    const file = path.join(
      this.#directory,
      `${createHash('sha256').update(note.object).digest('hex').slice(0, 40)}.json`,
    );
    const owned: Owned = { ...note, phase: 'confirmed', ...self() };
    try {
      const trouble = prepare({ directory: this.#journal });
      if (trouble) throw new Distrusted(trouble.what, trouble.hint);
      privateDirectory(this.#directory);
      if (await this.#make(file, owned)) return { ok: true, lock: lockOn(file, owned) };
      const other = await readLock(file);
      if (other && !(await isLeft(file, other))) return { ok: false, by: other };
      const mine = await moveAway(file, other, note.run);
      if (await this.#make(file, owned))
        return { ok: true, lock: lockOn(file, owned), left: other && mine ? other : undefined };
      const now = await readLock(file);
      return now ? { ok: false, by: now } : { ok: false, fault: 'another run took the lock first' };
    } catch (error) {
      const fault = error instanceof Distrusted ? `journal locks: ${error.message}; ${error.hint}` : error;
      return { ok: false, fault: sanitize(fault instanceof Error ? fault.message : fault, 800) };
    }
  }

  /** Takes over the stale locks of ended cockpits, and returns their runs. */
  async sweep(): Promise<readonly Left[]> {
    const left: Left[] = [];
    if (inspect({ directory: this.#journal }) || !isPrivateDirectory(this.#directory)) return left;
    for (const name of await readdir(this.#directory).catch(() => [])) {
      const file = path.join(this.#directory, name);
      const note = name.endsWith('.json') ? await readLock(file).catch(() => undefined) : undefined;
      if (!note || !(await isLeft(file, note))) continue;
      if (!(await moveAway(file, note, String(process.pid)))) continue;
      const owned: Owned = { ...note, ...self() };
      const held = note.phase === 'started' && (await this.#make(file, owned));
      left.push({ note, lock: held ? lockOn(file, owned) : undefined });
    }
    return left;
  }

  async #make(file: string, owned: Owned): Promise<boolean> {
    // Written first, then linked: no reader ever sees half a lock.
    const whole = `${file}.${owned.run}.${process.pid}.new`;
    try {
      await replacePrivate(whole, JSON.stringify(owned));
      await link(whole, file);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(whole, { force: true });
    }
  }
}

const self = () => ({ pid: process.pid, born: processStart(process.pid), host: hostname() });

/**
 * Moves what was left away. Of several that found it one may have put its own lock there already: that one is put back,
 * and has looked again before its first call (`started`).
 */
async function moveAway(file: string, left: Owned | undefined, by: string): Promise<boolean> {
  const moved = `${file}.${by}.gone`;
  try {
    await rename(file, moved);
  } catch {
    return false;
  }
  const found = await readLock(moved).catch(() => undefined);
  const same = found?.run === left?.run && found?.pid === left?.pid;
  if (!same) await link(moved, file).catch(() => undefined);
  await rm(moved, { force: true });
  return same;
}

function lockOn(file: string, owned: Owned): Lock {
  const heart = setInterval(() => void lutimes(file, new Date(), new Date()).catch(() => undefined), beat);
  heart.unref();
  return {
    async started(proof) {
      const now = await readLock(file).catch(() => undefined);
      if (now?.run !== owned.run || now.pid !== owned.pid) return false;
      const next = `${file}.${owned.run}.new`;
      await replacePrivate(next, JSON.stringify({ ...owned, phase: 'started', proof }));
      await rename(next, file);
      return true;
    },
    async release() {
      clearInterval(heart);
      const now = await readLock(file).catch(() => undefined);
      if (now?.run === owned.run && now.pid === owned.pid) await rm(file, { force: true });
    },
  };
}

/** Absent: free. Throws for an invalid lock: whether something runs is unknown. */
async function readLock(file: string): Promise<Owned | undefined> {
  let text: string;
  try {
    // For a moment a lock has two names: it is linked into its place.
    text = await readPrivate(file, longest, { names: 2 });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const read = written.safeParse(parsed(text));
  if (read.success) return safe(read.data, longest);
  const where = quote(stripControl(file, 300));
  throw new Distrusted('the lock file is not a lock', `check that nothing runs on the target, then rm ${where}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function isLeft(file: string, { pid, born, host }: Owned): Promise<boolean> {
  if (host === hostname()) return processStart(pid) !== born;
  const found = await lstat(file).catch(() => undefined);
  // A heart that beat in the far future beats no more either.
  const ago = Date.now() - (found?.mtimeMs ?? 0);
  return ago > silent || ago < -clockSkew;
}

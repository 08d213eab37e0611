// Who is here: each cockpit renews a small file beside the journal; what is not renewed is gone.
import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs';
import { chmod, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Presence } from '../../core/incident/context.ts';
import type { Writer } from '../../core/incident/event.ts';
import { day, type Instant, type Ms, second } from '../../core/time.ts';
import { groupId, type Place } from './directory.ts';
import { fitToRead } from './file-limits.ts';
import { safe } from './sanitize-entry.ts';

/** Not renewed for so long: gone. */
const gone: Ms = 10 * second;

export type Here = Omit<Presence, 'at'>;

/** What such a file must hold: another of the group, or another program, may have written it. */
const written = z.object({
  session: z.string(),
  user: z.string().default(''),
  name: z.string().default(''),
  host: z.string().default(''),
  pid: z.number().int().positive().optional(),
  driving: z.boolean().default(false),
  observing: z.boolean().default(false),
  incident: z.string().optional(),
});

/** Renews this cockpit's file and reads those of the others; nothing of it is worth an error. */
export class PresenceFiles {
  readonly #directory: string;
  readonly #place: Place;
  readonly #own: string;

  constructor(place: Place, writer: Writer) {
    this.#place = place;
    this.#directory = join(place.directory, 'here');
    this.#own = join(this.#directory, `${writer.session}.json`);
  }

  async renew(self: Here): Promise<void> {
    const shared = this.#place.group !== undefined;
    const gid = this.#place.group === undefined ? undefined : groupId(this.#place.group);
    try {
      mkdirSync(this.#directory, { mode: shared ? 0o2770 : 0o700 });
      // The umask would keep the others of the group out.
      if (gid !== undefined) chownSync(this.#directory, -1, gid);
      if (shared) chmodSync(this.#directory, 0o2770);
    } catch {
      // It is there already, or cannot be: the write below finds out.
    }
    const draft = `${this.#own}.${process.pid}`;
    try {
      await writeFile(draft, JSON.stringify({ ...self, pid: process.pid }), { mode: shared ? 0o640 : 0o600 });
      if (shared) await chmod(draft, 0o640);
      await rename(draft, this.#own);
    } catch {
      await unlink(draft).catch(() => undefined);
    }
  }

  /** Everybody that is here but this cockpit. */
  async others(now: Instant, host: string): Promise<readonly Presence[]> {
    const names = await readdir(this.#directory).catch(() => []);
    const all = await Promise.all(
      names.filter((name) => name.endsWith('.json')).map((name) => this.#look(join(this.#directory, name), now, host)),
    );
    return all.filter((one) => one !== undefined).sort((a, b) => (a.session < b.session ? -1 : 1));
  }

  leave(): void {
    rmSync(this.#own, { force: true });
  }

  async #look(path: string, now: Instant, host: string): Promise<Presence | undefined> {
    if (path === this.#own) return undefined;
    try {
      const { mtimeMs } = await fitToRead(path);
      if (now - mtimeMs > day) await unlink(path);
      if (now - mtimeMs > gone) return undefined;
      const { session, user, name, pid, incident, ...one } = written.parse(JSON.parse(await readFile(path, 'utf8')));
      // On this host a process that ended by force is known at once.
      if (one.host === host && pid !== undefined && !runs(pid)) return undefined;
      return safe({
        session,
        user,
        name,
        host: one.host,
        at: mtimeMs,
        driving: one.driving,
        observing: one.observing,
        ...(incident === undefined ? {} : { incident }),
      });
    } catch {
      return undefined;
    }
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

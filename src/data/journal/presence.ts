// Presence: each cockpit renews a small file beside the journal; one that is not renewed counts as disconnected.
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { lutimes, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Presence } from '../../core/incident/context.ts';
import type { Writer } from '../../core/incident/event.ts';
import { day, type Instant, type Ms, second } from '../../core/time.ts';
import { isPrivateDirectory, privateDirectory, readSmallPrivate, replacePrivate } from '../../disk/private-files.ts';
import { inspect, type Place } from './directory.ts';
import { clockSkew } from './plausible.ts';
import { safe } from './sanitize-entry.ts';

/** Not renewed for so long: gone. */
const gone: Ms = 10 * second;

/** Bytes of such a file; ours have a few hundred. */
const longest = 16 * 1024;

export type Here = Omit<Presence, 'at'>;

/** What such a file must hold: another program, or another version, may have written it. */
const written = z.object({
  session: z.string(),
  user: z.string().default(''),
  name: z.string().default(''),
  host: z.string().default(''),
  key: z.string().optional(),
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
  /** An observer removes nothing. */
  #renews = false;
  #silent: readonly string[] = [];

  constructor(place: Place, writer: Writer) {
    this.#place = place;
    this.#directory = join(place.directory, 'here');
    this.#own = join(this.#directory, `${writer.session}.json`);
  }

  async renew(self: Here): Promise<void> {
    this.#renews = true;
    const draft = `${this.#own}.${process.pid}`;
    try {
      if (inspect(this.#place)) return;
      privateDirectory(this.#directory);
      const text = JSON.stringify({ ...self, pid: process.pid });
      if (await this.#touched(text)) return;
      await replacePrivate(draft, text);
      await rename(draft, this.#own);
    } catch {
      await unlink(draft).catch(() => undefined);
    }
  }

  /** Where the file says so already, a new time is enough: it is not flushed to the disk. False: it has to be written. */
  async #touched(text: string): Promise<boolean> {
    if (readSmallPrivate(this.#own, longest)?.text !== text) return false;
    const now = new Date();
    await lutimes(this.#own, now, now);
    return true;
  }

  /** The sessions that did not renew their file and have not left, as `others` found them: they hang. */
  get silent(): readonly string[] {
    return this.#silent;
  }

  /** Everybody that is here but this cockpit. */
  async others(now: Instant, host: string): Promise<readonly Presence[]> {
    this.#silent = [];
    if (inspect(this.#place) || !isPrivateDirectory(this.#directory)) return [];
    const names = namesIn(this.#directory).filter((name) => name.endsWith('.json'));
    const all = await Promise.all(names.map((name) => this.#look(join(this.#directory, name), now, host)));
    const known = all.filter((one) => one !== undefined);
    const isGone = ({ at }: Presence) => now - at > gone;
    this.#silent = known.filter(isGone).map(({ session }) => session);
    return known.filter((one) => !isGone(one)).sort((a, b) => (a.session < b.session ? -1 : 1));
  }

  leave(): void {
    try {
      rmSync(this.#own, { force: true });
    } catch {
      // What is there instead of it is not ours.
    }
  }

  async #look(path: string, now: Instant, host: string): Promise<Presence | undefined> {
    if (path === this.#own) return undefined;
    try {
      const { mtimeMs } = lstatSync(path);
      if (this.#renews && now - mtimeMs > day) await unlink(path);
      if (now - mtimeMs > day || mtimeMs > now + clockSkew) return undefined;
      const { session, user, name, key, pid, incident, ...one } = written.parse(
        JSON.parse(readSmallPrivate(path, longest)?.text ?? ''),
      );
      // On this host a process that ended by force is known at once.
      if (one.host === host && pid !== undefined && !runs(pid)) return undefined;
      return safe({
        session,
        user,
        name,
        key,
        host: one.host,
        at: mtimeMs,
        driving: one.driving,
        observing: one.observing,
        incident,
      });
    } catch {
      return undefined;
    }
  }
}

/** It is small, and looked at every three seconds: without blocking it would cost twenty times as much. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
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

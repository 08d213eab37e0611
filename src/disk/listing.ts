// The names in a directory that is looked at again and again: read anew only where they may be others, as a look at the
// directory costs a twentieth of what reading it without blocking does.
import { readdir } from 'node:fs/promises';
import { type Ms, second } from '../core/time.ts';
import { lookAt } from './private-files.ts';

/** Clocks of file systems are coarse: what was changed within this time may be changed again unnoticed. */
const settledAfter: Ms = 2 * second;
/** A file system of another host may have another clock: names are never older than this. */
const longestKept: Ms = 10 * second;

export class Listing {
  readonly #directory: string;
  #known: { names: readonly string[]; mark: string; readAt: Ms } | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Its names; none where it cannot be read. */
  async names(): Promise<readonly string[]> {
    const mark = this.#mark();
    const known = this.#known;
    if (known && known.mark === mark && performance.now() - known.readAt < longestKept) return known.names;
    const names = await readdir(this.#directory).catch(() => undefined);
    this.#known = names && mark !== undefined ? { names, mark, readAt: performance.now() } : undefined;
    return names ?? [];
  }

  /** Changes with the names; undefined while they may change unnoticed. */
  #mark(): string | undefined {
    const there = lookAt(this.#directory);
    if (!there || Math.abs(Date.now() - there.mtimeMs) < settledAfter) return undefined;
    return [there.dev, there.ino, there.mtimeMs, there.ctimeMs].join();
  }
}

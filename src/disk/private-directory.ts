// Directories for what only a running cockpit needs: a socket, a text in an editor. What kill -9 leaves behind goes when
// the next one is made.
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { processStart } from './process-start.ts';

/** `bench`: of a run of the benchmark; `package` and `pictures`: of the scripts that make these. */
type Kind = 'redis' | 'edit' | 'bench' | 'package' | 'pictures';

/** Who made it, so that the next process knows whether it is still in use. */
const ofProcess = /^bentham-(?:redis|edit|bench|package|pictures)-([1-9]\d{0,9})-\w{6}$/;

/** Makes a directory that only this user may enter (mkdtemp: mode 0700); throws what the file system says. */
export async function privateDirectory(kind: Kind): Promise<string> {
  removeLeftBehind(ofProcess);
  return await mkdtemp(path.join(tmpdir(), `bentham-${kind}-${process.pid}-`));
}

/**
 * Removes this user's directories and files of a place whose process is gone: `name` has its id in its first group. What
 * cannot be removed stays: it hinders nobody.
 */
export function removeLeftBehind(name: RegExp, place = tmpdir()): void {
  try {
    for (const entry of readdirSync(place)) {
      const pid = Number(name.exec(entry)?.[1]);
      if (pid > 0 && processStart(pid) === '') remove(path.join(place, entry));
    }
  } catch {
    // A place that cannot be listed; whether something can be made there is said by who makes it.
  }
}

function remove(left: string): void {
  try {
    const found = lstatSync(left);
    const isOurs = (found.isDirectory() || found.isFile()) && found.uid === process.getuid?.();
    if (isOurs) rmSync(left, { recursive: true, force: true });
  } catch {
    // Another cockpit was quicker.
  }
}

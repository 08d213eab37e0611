// A run of the tests writes to a temporary directory of its own, also what its programs write. It goes when the run ends;
// that of a run that was killed goes when the next one begins.
import { chmodSync, rmSync } from 'node:fs';
import { privateDirectory } from '../../src/disk/private-directory.ts';

/** Called by Vitest before it starts its workers; what it gives is called when they have ended. */
export default async function temporary(): Promise<() => void> {
  const before = process.env.TMPDIR;
  const directory = await privateDirectory('test');
  // The drill's PostgreSQL may be another user's.
  chmodSync(directory, 0o711);
  process.env.TMPDIR = directory;
  return () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(directory, { recursive: true, force: true });
  };
}

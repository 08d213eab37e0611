// A run of the tests writes to a temporary directory of its own, also what its programs write. It goes when the run ends;
// that of a run that was killed goes when the next one begins.
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeLeftBehind } from '../../src/disk/private-directory.ts';

/** Called by Vitest before it starts its workers; what it gives is called when they have ended. */
export default function temporary(): () => void {
  removeLeftBehind(/^bt-([1-9]\d{0,9})$/);
  const before = process.env.TMPDIR;
  // Short: screens of 80 columns show paths. The drill's PostgreSQL, which may be another user's, goes through it.
  const directory = path.join(tmpdir(), `bt-${process.pid}`);
  mkdirSync(directory, { mode: 0o711 });
  process.env.TMPDIR = directory;
  return () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(directory, { recursive: true, force: true });
  };
}

// The programs and scripts that remediations run, found as a shell would find them, without running them.
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';

/** Where a program is, or why it cannot be run. */
export type Found = { ok: true; file: string } | { ok: false; code: 'absent' | 'not-executable' | 'directory' };

/** In words: `kubectl: not executable`. */
export const notRunnable = {
  absent: 'not found',
  'not-executable': 'not executable',
  directory: 'a directory',
} as const;

/** A program by its name on PATH, or by its path from `directory`. */
export async function findProgram(
  name: string,
  directory: string,
  search: string | undefined = process.env.PATH,
): Promise<Found> {
  if (name.includes('/')) return runnable(path.resolve(directory, name));
  let best: Found = { ok: false, code: 'absent' };
  for (const place of (search ?? '').split(path.delimiter)) {
    const found = await runnable(path.resolve(directory, place || '.', name));
    if (found.ok) return found;
    if (found.code !== 'absent') best = found;
  }
  return best;
}

async function runnable(file: string): Promise<Found> {
  const found = await stat(file).catch(() => undefined);
  if (!found) return { ok: false, code: 'absent' };
  if (found.isDirectory()) return { ok: false, code: 'directory' };
  const may = await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
  return may ? { ok: true, file } : { ok: false, code: 'not-executable' };
}

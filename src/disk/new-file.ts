// Files that a person asks for: private, and never over another one.
import { open, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { sanitize } from '../core/text/text.ts';

/** `exists`: there is such a file. */
export type Written = { path: string } | { problem: string; exists?: true };

/** Writes a file with mode 0600, whole or not at all; an existing one is never overwritten. */
export async function writeNew(path: string, content: string | Uint8Array): Promise<Written> {
  const whole = resolve(path);
  let isMade = false;
  try {
    const file = await open(whole, 'wx', 0o600);
    isMade = true;
    try {
      await file.writeFile(content);
    } finally {
      await file.close();
    }
    return { path: whole };
  } catch (error) {
    // Half a file is none.
    if (isMade) await rm(whole, { force: true }).catch(() => undefined);
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (exists) return { problem: `${sanitize(whole, 300)} already exists`, exists: true };
    return { problem: sanitize(error instanceof Error ? error.message : error, 300) };
  }
}

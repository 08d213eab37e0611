// Files that a person asks for: private, and never over another one.
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { sanitize } from '../core/text/text.ts';

/** `exists`: there is such a file. */
export type Written = { path: string } | { problem: string; exists?: true };

/** Writes a text with mode 0600; an existing file is never overwritten. */
export async function writeNew(path: string, text: string): Promise<Written> {
  const whole = resolve(path);
  try {
    const file = await open(whole, 'wx', 0o600);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    return { path: whole };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return { problem: `${sanitize(whole, 300)} already exists`, exists: true };
    return { problem: sanitize(error instanceof Error ? error.message : error, 300) };
  }
}
